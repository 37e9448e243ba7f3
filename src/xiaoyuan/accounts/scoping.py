"""Scopes and the query set that refuses to read scoped rows for nobody in particular."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import models
from django.db.models import Q

from xiaoyuan.accounts.errors import UnscopedQuery
from xiaoyuan.lib import divisions


@dataclass(frozen=True)
class Scope:
    """What part of the register somebody may read: division prefixes and single households.

    An empty scope holds nothing; a prefix of "" holds everything.
    """

    prefixes: frozenset[str] = field(default_factory=frozenset)
    households: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def everything(cls) -> "Scope":
        """The scope of commands that an operator runs on the machine."""
        return cls(prefixes=frozenset({""}))

    @classmethod
    def below(cls, code: str) -> "Scope":
        """The scope of one division and all below it."""
        return cls(prefixes=frozenset({code}))

    def contains_division(self, code: str) -> bool:
        """Whether all of a division lies within."""
        return any(code.startswith(prefix) for prefix in self.prefixes)

    def touches_division(self, code: str) -> bool:
        """Whether a division lies within or contains something that does (for drill-down)."""
        return any(code.startswith(prefix) or prefix.startswith(code) for prefix in self.prefixes)

    def narrowed_to(self, code: str) -> "Scope":
        """The part of the scope that lies in a division."""
        inside = {prefix for prefix in self.prefixes if prefix.startswith(code)}
        if self.contains_division(code):
            inside.add(code)
        return Scope(prefixes=frozenset(inside), households=self.households)

    def condition(self, division_field: str = "division_code", household_field: str = "") -> Q:
        """Return the filter for a model's division column and, where it has one, its household column."""
        condition = Q(pk__in=[])
        for prefix in self.prefixes:
            if not prefix:
                return Q()
            # A range instead of LIKE uses the index on both engines whatever the collation.
            condition |= Q(**divisions.range_below(prefix, division_field))
        if household_field and self.households:
            condition |= Q(**{f"{household_field}__in": self.households})
        return condition


class ScopedQuerySet(models.QuerySet[Any]):
    """Raises `UnscopedQuery` when evaluated before `.within(scope)` or `.unscoped(why)` was said."""

    _is_scoped: bool = False

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # private, but the documented way to carry state
        clone._is_scoped = self._is_scoped
        return clone

    def within(self, scope: Scope) -> Self:
        """Keep what a scope holds."""
        household_field = getattr(self.model, "household_scope_field", "")
        division_field = getattr(self.model, "division_scope_field", "division_code")
        clone = self.filter(scope.condition(division_field, household_field))
        clone._is_scoped = True
        return clone

    def unscoped(self, why: str) -> Self:
        """Read for a program that acts for no single person; `why` tells the reader of the code."""
        if not why:
            raise UnscopedQuery(self.model.__name__)
        clone = self._clone()
        clone._is_scoped = True
        return clone

    def _require_scope(self) -> None:
        if not self._is_scoped:
            raise UnscopedQuery(self.model.__name__)

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._require_scope()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """As Django's."""
        self._require_scope()
        return super().iterator(chunk_size=chunk_size)

    def count(self) -> int:
        """As Django's."""
        if self._result_cache is None:
            self._require_scope()
        return super().count()

    def exists(self) -> bool:
        """As Django's."""
        if self._result_cache is None:
            self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Django's."""
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """As Django's."""
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's."""
        self._require_scope()
        return super().delete()

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        """As Django's: the objects were read through a scope already."""
        return super(ScopedQuerySet, self.unscoped("rows at hand")).bulk_update(objs, fields, batch_size)


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)
