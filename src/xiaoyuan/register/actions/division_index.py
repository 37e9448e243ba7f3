"""Keeping divisions findable: by any part of the name, pinyin, initials and code, also of what they were before."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from xiaoyuan.lib.place_names import short_name
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import SEARCHED
from xiaoyuan.register.queries.successions import predecessors_of
from xiaoyuan.search.actions import forget, index
from xiaoyuan.search.documents import Document

_SHARED: Final = 0
_SLICE: Final = 1000


def index_divisions(rows: Sequence[Division], *, are_new: bool = False) -> None:
    """Index divisions in force, forget those that ended. Must run in the transaction that writes them."""
    forget(
        county_id=_SHARED,
        kind=SEARCHED,
        object_ids=[row.pk for row in rows if row.valid_until is not None],
    )
    in_force = [row for row in rows if row.valid_until is None]
    for start in range(0, len(in_force), _SLICE):
        part = in_force[start : start + _SLICE]
        before = {} if are_new else predecessors_of(row.pk for row in part)
        index(_documents(part, before), are_new=are_new)


def division_documents() -> Iterator[Document]:
    """Yield what every division in force is found by: to build the index afresh."""
    rows: list[Division] = []
    in_force = Division.objects.filter(valid_until__isnull=True).defer("outline_wkb").order_by("pk")
    for row in in_force.iterator(_SLICE):
        rows.append(row)
        if len(rows) == _SLICE:
            yield from _documents(rows, predecessors_of(one.pk for one in rows))
            rows = []
    yield from _documents(rows, predecessors_of(one.pk for one in rows))


def _documents(rows: Iterable[Division], before: dict[int, list[tuple[str, str]]]) -> Iterator[Document]:
    for row in rows:
        former = before.get(row.pk, ())
        names = (row.name, *(name for _code, name in former))
        yield Document(
            county_id=_SHARED,
            division_code=row.code,
            kind=SEARCHED,
            object_id=row.pk,
            is_sample=False,
            names=tuple(dict.fromkeys(short_name(name) for name in names)),
            texts=tuple(dict.fromkeys(names)),
            codes=tuple(dict.fromkeys((row.code, *(code for code, _name in former)))),
            is_public=True,
        )
