"""Taking back one action or one import of the register: rows, vault, figures and the search index as they were."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.history.domains import Owner
from xiaoyuan.history.errors import Dependency
from xiaoyuan.history.images import TOUCHED, VERSION, Image, label_of
from xiaoyuan.history.models import Revision
from xiaoyuan.history.ranges import IdRanges
from xiaoyuan.history.undoing import dependencies_of, undo
from xiaoyuan.register.actions.changes import logged
from xiaoyuan.register.actions.division_index import index_divisions
from xiaoyuan.register.actions.indexing import index_households
from xiaoyuan.register.actions.place_changes import KINDS, PlaceChanges, kind_of, standings
from xiaoyuan.register.actions.residents import follow_residents
from xiaoyuan.register.models import (
    BusinessEntity,
    Division,
    Household,
    Membership,
    Person,
    StandardAddress,
)
from xiaoyuan.register.queries.divisions import SEARCHED
from xiaoyuan.register.queries.household_documents import KIND as HOUSEHOLD
from xiaoyuan.search.actions import forget

PERSON: Final = "register.person"
_WHY: Final = "taking back reads what the revision wrote"
_LOOK_UP: Final = 500
_SHARED: Final = 0
"""Divisions are indexed for all counties."""
_OWNERS: Final = (("person_id", PERSON), ("household_id", HOUSEHOLD))
"""Columns that name the record a row belongs to, the nearest first."""


def take_back(revision_id: int, actor: Actor, now: datetime) -> None:
    """Undo a revision exactly; raises `LaterEdits` or `AlreadyUndone`."""
    with transaction.atomic():
        county_id = Revision.objects.values_list("county_id", flat=True).get(pk=revision_id)
        domain = _Register(county_id, actor, now)
        revision = undo(revision_id, domain=domain, actor=actor, now=now)
        record(
            county_id=county_id,
            day=timezone.localtime(now).date(),
            deltas=(
                Delta(division_code, figure, -amount, dimension, is_sample)
                for division_code, figure, amount, dimension, is_sample in revision.figures
            ),
        )
        domain.refresh_index()
        follow_residents(county_id, domain.moved, actor, now)
        domain.places.write(county_id=county_id, revision_id=revision_id, at=now)


def what_depends(revision_id: int) -> tuple[Dependency, ...]:
    """Return what has to be taken back before a revision can be; nothing is written."""
    county_id = Revision.objects.values_list("county_id", flat=True).get(pk=revision_id)
    return dependencies_of(revision_id, domain=_Register(county_id, SYSTEM, timezone.now()))


class _Register:
    """Whose the register's rows are; writes the change log and gathers the households to be indexed afresh."""

    def __init__(self, county_id: int, actor: Actor, now: datetime) -> None:
        self._county_id, self._actor, self._now = county_id, actor, now
        self._households: set[int] = set()
        self._persons: set[int] = set()
        self._courtyards: set[int] = set()
        self._divisions: set[int] = set()
        self._removed = IdRanges()
        self._removed_divisions = IdRanges()
        self.moved: set[int] = set()
        """Persons whose belonging may be another afterwards."""
        self.places = PlaceChanges()
        """Where scenes have to be drawn anew."""

    def owners(self, model: type[models.Model], rows: Sequence[Image]) -> list[Owner]:
        """Return the person or household of each row, else the row itself."""
        return [_owner(model, row) for row in rows]

    def owners_of_subjects(self, subjects: Sequence[UUID]) -> dict[UUID, Owner]:
        """Return the persons and businesses behind subjects of the vault."""
        found: dict[UUID, Owner] = {}
        sources: tuple[tuple[Any, str], ...] = ((Person, "person_uid"), (BusinessEntity, "contact_uid"))
        for start in range(0, len(subjects), _LOOK_UP):
            part = subjects[start : start + _LOOK_UP]
            for model, column in sources:
                rows = model.objects.unscoped(_WHY).filter(
                    county_id=self._county_id, **{f"{column}__in": part}
                )
                found |= {subject: (label_of(model), pk) for pk, subject in rows.values_list("pk", column)}
        return found

    def removing(self, model: type[models.Model], ids: range, created: Mapping[str, IdRanges]) -> None:
        """Log rows that go: those with a name of their own, and parts of records that stay."""
        columns = [name for name, _kind in _OWNERS if _has(model, name)]
        if kind := kind_of(model):
            for row in standings(KINDS[kind], ids).values():
                self.places.add(kind, row, None)
        if not columns:
            if model is Household:
                self._removed.add_range(ids.start, ids.stop - 1)
            elif model is Division:
                self._removed_divisions.add_range(ids.start, ids.stop - 1)
            elif model is StandardAddress:
                addresses = StandardAddress.objects.unscoped(_WHY).filter(pk__in=list(ids))
                self._courtyards.update(addresses.values_list("courtyard_id", flat=True))
            self._log(Change(label_of(model), one, Operation.DELETE) for one in ids)
            return
        rows = model._base_manager.filter(pk__gte=ids.start, pk__lt=ids.stop)
        changes = []
        for pk, *owners in rows.values_list("pk", *columns):
            values = dict(zip(columns, owners, strict=True))
            if model is Membership:
                self._households.add(values["household_id"])
                self.moved.add(values["person_id"])
            owner_kind, owner_id = _owner(model, {"id": pk, **values})
            if owner_id not in created.get(owner_kind, IdRanges()):
                changes.append(
                    Change(owner_kind, owner_id, Operation.UPDATE, _part_name(model), before=pk, after=None)
                )
        self._log(changes)

    def restoring(
        self, model: type[models.Model], now: Mapping[int, Image], before: Mapping[int, Image]
    ) -> None:
        """Log what becomes different, field by field."""
        changes = []
        for pk, image in before.items():
            if place := kind_of(model):
                self.places.add(place, now.get(pk), image)
            self._touch(model, pk, image)
            kind, owner_id = _owner(model, image)
            current = now.get(pk)
            if current is None:
                is_own = (kind, owner_id) == (label_of(model), pk)
                operation = Operation.CREATE if is_own else Operation.UPDATE
                field = "" if is_own else _part_name(model)
                changes.append(Change(kind, owner_id, operation, field, after=None if is_own else pk))
                continue
            self._touch(model, pk, current)
            changes += [
                Change(kind, owner_id, Operation.UPDATE, name, _text(current[name]), _text(value))
                for name, value in image.items()
                if value != current[name] and name not in (VERSION, TOUCHED)
            ]
        self._log(changes)

    def restoring_fields(self, subjects: Sequence[UUID], names: Sequence[str]) -> None:
        """Log vault fields by name, never by value."""
        owners = self.owners_of_subjects(subjects)
        self._log(
            Change(*owners[subject], Operation.UPDATE, name)
            for subject, name in zip(subjects, names, strict=True)
            if subject in owners
        )

    def refresh_index(self) -> None:
        """Index the households and divisions that were touched, forget those that are gone."""
        persons = sorted(self._persons)
        for start in range(0, len(persons), _LOOK_UP):
            rows = Membership.objects.unscoped(_WHY).filter(
                person_id__in=persons[start : start + _LOOK_UP], until__isnull=True
            )
            self._households.update(rows.values_list("household_id", flat=True))
        courtyards = sorted(self._courtyards)
        for start in range(0, len(courtyards), _LOOK_UP):
            rows = Household.objects.unscoped(_WHY).filter(
                courtyard_id__in=courtyards[start : start + _LOOK_UP]
            )
            self._households.update(rows.values_list("pk", flat=True))
        for start, end in self._removed_divisions.chunks(_LOOK_UP):
            forget(county_id=_SHARED, kind=SEARCHED, object_ids=range(start, end + 1))
        index_divisions(list(Division.objects.filter(pk__in=self._divisions)))
        for start, end in self._removed.chunks(_LOOK_UP):
            forget(county_id=self._county_id, kind=HOUSEHOLD, object_ids=range(start, end + 1))
        index_households(self._county_id, (one for one in self._households if one not in self._removed))

    def _touch(self, model: type[models.Model], pk: int, image: Image) -> None:
        if model is Household:
            self._households.add(pk)
        elif model is Person:
            self._persons.add(pk)
            self.moved.add(pk)
        elif model is Membership:
            self.moved.add(image["person_id"])
            self._households.add(image["household_id"])
        elif model is StandardAddress:
            self._courtyards.add(image["courtyard_id"])
        elif model is Division:
            self._divisions.add(pk)

    def _log(self, changes: Iterable[Change]) -> None:
        record_changes(county_id=self._county_id, actor=self._actor, now=self._now, changes=list(changes))


def _has(model: type[models.Model], attname: str) -> bool:
    return any(field.attname == attname for field in model._meta.concrete_fields)


def _owner(model: type[models.Model], row: Image) -> Owner:
    for name, kind in _OWNERS:
        if row.get(name) is not None:
            return kind, row[name]
    return label_of(model), row["id"]


def _part_name(model: type[models.Model]) -> str:
    """Return the name under which the change log mentions a part of a record."""
    return {"policytag": "tags"}.get(str(model._meta.model_name), str(model._meta.model_name))


def _text(value: Any) -> Any:
    """Return a value that the log keeps; shapes are not repeated there."""
    if isinstance(value, bytes):
        return None
    if isinstance(value, UUID):
        return str(value)
    return logged(value)
