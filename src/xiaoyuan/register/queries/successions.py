"""What became of divisions that ended: an old code leads to the one in force, an old name is still found."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db.models import F, Q

from xiaoyuan.register.models import Division, DivisionSuccession

_MOST_STEPS: Final = 20
"""Longer chains do not exist; a ring in the data must not hang a page."""
_LOOK_UP: Final = 500


def current_code(code: str, on: date | None = None) -> str | None:
    """Return the code that the division with a code bears now; None when nobody knows, or when it was split.

    `on`: the day on which the code was written, because a code may be given out again.
    """
    row = _bearer(code, on)
    for _step in range(_MOST_STEPS):
        if row is None or row.valid_until is None:
            break
        found = {
            succession.successor_id: succession.successor
            for succession in DivisionSuccession.objects.filter(predecessor=row).select_related("successor")
        }
        row = next(iter(found.values())) if len(found) == 1 else None
    return row.code if row is not None and row.valid_until is None else None


def _bearer(code: str, on: date | None) -> Division | None:
    rows = Division.objects.filter(code=code).defer("outline_wkb")
    if on is not None:
        then = rows.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=on),
            Q(valid_until__isnull=True) | Q(valid_until__gt=on),
        )
        found = then.order_by(F("valid_until").asc(nulls_last=True)).first()
        if found is not None:
            return found
    return rows.order_by(F("valid_until").desc(nulls_first=True), "-pk").first()


def predecessors_of(ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """Return the `(code, name)` of what each division was before, over all steps, the last first."""
    found: dict[int, list[tuple[str, str]]] = {}
    # division that is asked for -> the row whose predecessors are looked up next
    wanted = {one: [one] for one in ids}
    for _step in range(_MOST_STEPS):
        rows: dict[int, list[Division]] = {}
        keys = sorted({key for keys in wanted.values() for key in keys})
        for start in range(0, len(keys), _LOOK_UP):
            for succession in DivisionSuccession.objects.filter(
                successor_id__in=keys[start : start + _LOOK_UP]
            ).select_related("predecessor"):
                rows.setdefault(succession.successor_id, []).append(succession.predecessor)
        if not rows:
            break
        following: dict[int, list[int]] = {}
        for one, keys_of_one in wanted.items():
            before = [row for key in keys_of_one for row in rows.get(key, ())]
            found.setdefault(one, []).extend((row.code, row.name) for row in before)
            if before:
                following[one] = [row.pk for row in before]
        wanted = following
    return {one: names for one, names in found.items() if names}
