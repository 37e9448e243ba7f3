"""Keeping the index: called by a domain's actions inside their transaction."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from xiaoyuan.search import index as engine
from xiaoyuan.search.documents import Document
from xiaoyuan.search.models import SearchEntry
from xiaoyuan.search.words import words_of

_CHUNK: Final = 500


def index(documents: Iterable[Document], *, are_new: bool = False) -> None:
    """Add or replace entries; of two documents for one row the last counts. `are_new`: none is indexed yet."""
    for chunk in _chunks(documents):
        latest = {(one.county_id, one.kind, one.object_id): one for one in chunk}
        if not are_new:
            for county_id, kind in {(one.county_id, one.kind) for one in latest.values()}:
                forget(
                    county_id=county_id,
                    kind=kind,
                    object_ids=[key[2] for key in latest if key[:2] == (county_id, kind)],
                )
        worded = [(one, words) for one in latest.values() if (words := words_of(one))]
        engine.put(
            [tuple(getattr(one, name) for name in engine.COLUMNS) for one, _words in worded],
            [words for _one, words in worded],
        )


def forget(*, county_id: int, kind: str, object_ids: Iterable[int]) -> None:
    """Remove the entries of rows; rows without one are no fault."""
    wanted = list(object_ids)
    for start in range(0, len(wanted), _CHUNK):
        known = SearchEntry.objects.filter(
            county_id=county_id, kind=kind, object_id__in=wanted[start : start + _CHUNK]
        )
        engine.remove(list(known.values_list("pk", flat=True)))


def forget_kind(kind: str, *, is_sample: bool | None = None) -> None:
    """Remove all entries of a kind, or only its samples or its real rows: before a rebuild, with the sample."""
    rows = SearchEntry.objects.filter(kind=kind)
    if is_sample is not None:
        rows = rows.filter(is_sample=is_sample)
    engine.remove(list(rows.values_list("pk", flat=True)))


def move_division(*, old: str, new: str) -> int:
    """Let entries of a division and below lie in another one; returns how many. Must run in a transaction."""
    return 0 if old == new else engine.move(old, new)


def _chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    iterator = iter(documents)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
