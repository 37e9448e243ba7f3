"""Saying where places were drawn, changed or removed, so that scenes are drawn anew there and nowhere else."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import models

from xiaoyuan.lib import divisions
from xiaoyuan.register.models import Building, Courtyard, Parcel, PlaceChange, PlaceRow, Road, Water
from xiaoyuan.register.spatial import Bounds

KINDS: Final[dict[str, type[PlaceRow]]] = {
    "courtyard": Courtyard,
    "building": Building,
    "parcel": Parcel,
    "road": Road,
    "water": Water,
}
"""The layers' words for the tables."""
WORDS: Final = {model._meta.label_lower: kind for kind, model in KINDS.items()}
SHOWN_BY: Final = (
    *("cid", "division_code", "layer_class", "valid_until"),
    *("min_lon", "min_lat", "max_lon", "max_lat"),
)
"""Columns that decide where and in which scene a place stands."""
_SINGLES: Final = 100
"""Places that are named one by one; more become one row with the bounds of all."""


def note_change(
    *,
    county_id: int,
    division_code: str,
    kind: str,
    cid: int,
    layer_class: str,
    was: Bounds | None,
    now: Bounds | None,
    revision_id: int | None,
    at: datetime,
) -> None:
    """Note where a place was and is; without either nothing is noted. Must run under the county's change lock."""
    if was is None and now is None:
        return
    PlaceChange.objects.create(
        county_id=county_id,
        division_code=division_code,
        kind=kind,
        cid=cid,
        layer_class=layer_class,
        was=None if was is None else list(was),
        now=None if now is None else list(now),
        revision_id=revision_id,
        at=at,
    )


def standing(row: PlaceRow) -> dict[str, Any]:
    """Return what decides where and in which scene a row stands, to be kept before it is changed."""
    return {name: getattr(row, name) for name in SHOWN_BY}


class PlaceChanges:
    """The changed places of one write, gathered while it runs.

    `most`: how many are named one by one; more, or 0, become one row a kind and layer class with the bounds of all.
    """

    def __init__(self, *, most: int = _SINGLES) -> None:
        self._most = most
        self._singles: list[dict[str, Any]] = []
        self._areas: dict[tuple[str, str], list[Bounds | None]] = {}
        self._division_code = ""
        """The division that holds all of them."""

    def add(self, kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        """Note a place by its `standing` before (None: it is new) and after (None: it is gone)."""
        if before is not None and after is not None and not _is_same_layer(before, after):
            # Each scene is told of what it loses or gains.
            self.add(kind, before, None)
            self.add(kind, None, after)
            return
        row = after if after is not None else before
        was, now = _bounds(before), _bounds(after)
        if row is None or (was is None and now is None):
            return
        self._division_code = _common(self._division_code or row["division_code"], row["division_code"])
        area = self._areas.setdefault((kind, row["layer_class"]), [None, None])
        area[:] = [_joined(area[0], was), _joined(area[1], now)]
        if len(self._singles) <= self._most:
            self._singles.append({"kind": kind, **row, "was": was, "now": now})

    def write(self, *, county_id: int, revision_id: int | None, at: datetime) -> None:
        """Write the rows. Must run under the county's change lock."""
        if len(self._singles) <= self._most:
            for one in self._singles:
                note_change(
                    county_id=county_id,
                    division_code=one["division_code"],
                    kind=one["kind"],
                    cid=one["cid"],
                    layer_class=one["layer_class"],
                    was=one["was"],
                    now=one["now"],
                    revision_id=revision_id,
                    at=at,
                )
            return
        for (kind, layer_class), (was, now) in sorted(self._areas.items()):
            note_change(
                county_id=county_id,
                division_code=self._division_code,
                kind=kind,
                cid=0,
                layer_class=layer_class,
                was=was,
                now=now,
                revision_id=revision_id,
                at=at,
            )


def kind_of(model: type[models.Model]) -> str:
    """Return the layer's word for a table, "" for tables that are no places."""
    return WORDS.get(model._meta.label_lower, "") if issubclass(model, PlaceRow) else ""


def standings(model: type[PlaceRow], ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return where rows stand by id."""
    rows = model.objects.unscoped("where rows stand that a write names").filter(pk__in=list(ids))
    return {row["pk"]: row for row in rows.values("pk", *SHOWN_BY)}


def _is_same_layer(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("division_code", "layer_class"))


def _bounds(row: Mapping[str, Any] | None) -> Bounds | None:
    """Return the box of a row that is in force and has a shape."""
    if row is None or row["valid_until"] is not None or row["min_lon"] is None:
        return None
    return row["min_lon"], row["min_lat"], row["max_lon"], row["max_lat"]


def _common(one: str, other: str) -> str:
    """Return the deepest division that holds both."""
    while not divisions.is_within(other, one) and (above := divisions.parent_code(one)) is not None:
        one = above
    return one


def _joined(one: Bounds | None, other: Bounds | None) -> Bounds | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
