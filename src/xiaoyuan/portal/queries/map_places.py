"""What the editing map shows: lists of places, their exact shapes, their values, fields and steps."""

from collections.abc import Iterable
from typing import Any, Final

import shapely
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.models import ChangeEntry
from xiaoyuan.doorplates.queries import addresses_of
from xiaoyuan.history.models import Revision
from xiaoyuan.lib import divisions
from xiaoyuan.portal.queries.revisions import PLACE_ACTIONS, Step, steps_of
from xiaoyuan.register.access import places_to_edit
from xiaoyuan.register.actions.place_values import CLASSES, LABELS, MODELS, NEW_FIELDS, RANGES
from xiaoyuan.register.choices import AddressStatus
from xiaoyuan.register.models import Courtyard, PlaceRow, StandardAddress
from xiaoyuan.register.spatial import Bounds, in_box, meeting
from xiaoyuan.ui.templatetags.ui import actor

KINDS: Final = tuple(MODELS)
MOST_SHOWN: Final = 2000
"""Places of a kind in one view: more are a blur at that zoom."""
MOST_STEPS: Final = 12
_MOST_ENTRIES: Final = 80
_MEASURED: Final = {
    "area_m2": gettext_lazy("area in m²"),
    "length_m": gettext_lazy("length in metres"),
    "division_code": gettext_lazy("division"),
    "valid_until": gettext_lazy("ended on"),
}
_COUNTED: Final = {"courtyard": "", "building": "use", "parcel": "use", "road": "road_class"}


def kind_labels() -> dict[str, str]:
    """Return what the kinds of places are called."""
    return {"courtyard": _("courtyard"), "building": _("building"), "parcel": _("parcel"), "road": _("road")}


def listed(viewer: Viewer, kind: str, division_code: str, text: str) -> "QuerySet[Any]":
    """Return the places of a kind in a division, by name or number; `text` is part of either."""
    rows: QuerySet[Any] = places_to_edit(viewer, MODELS[kind]).filter(**divisions.range_below(division_code))
    if text:
        words = Q(name__contains=text) if _has(kind, "name") else Q()
        words |= Q(code__startswith=text) if _has(kind, "code") else Q()
        if kind == "courtyard":
            addressed = StandardAddress.objects.filter(text__contains=text, status=AddressStatus.CURRENT)
            words |= Q(pk__in=addressed.values("courtyard"))
        if text.isascii() and text.isdigit() and len(text) < 11:
            words |= Q(cid=int(text))
        rows = rows.filter(words)
    return rows.order_by("division_code", "cid")


def titles(kind: str, rows: Iterable[Any]) -> dict[int, str]:
    """Return what each place is called, by id."""
    found = list(rows)
    addresses = addresses_of([row.pk for row in found]) if kind == "courtyard" else {}
    return {row.pk: addresses[row.pk].text if row.pk in addresses else _title(kind, row) for row in found}


def _title(kind: str, row: Any) -> str:
    name = getattr(row, "name", "") or (row.code if _has(kind, "code") else "")
    if name:
        return str(name)
    column = _COUNTED[kind]
    word = str(getattr(row, f"get_{column}_display")()) if column else kind_labels()[kind]
    return f"{word} {row.cid}"


def shown(viewer: Viewer, kind: str, division_code: str, box: Bounds) -> tuple[list[dict[str, Any]], bool]:
    """Return the places of a kind in a box as GeoJSON features, and whether there are more than are shown."""
    rows = in_box(places_to_edit(viewer, MODELS[kind]).filter(wkb__isnull=False), box)
    county = divisions.county_of(division_code) or division_code
    found = list(rows.filter(**divisions.range_below(county)).order_by("cid")[: MOST_SHOWN + 1])
    return [
        {
            "type": "Feature",
            "id": row.pk,
            "properties": {"kind": kind, "id": row.pk, "cid": row.cid, "title": _title(kind, row)},
            "geometry": shapely.geometry.mapping(shapely.from_wkb(bytes(row.wkb or b""))),
        }
        for row in found[:MOST_SHOWN]
    ], len(found) > MOST_SHOWN


def record_of(viewer: Viewer, kind: str, row: Any) -> dict[str, Any]:
    """Return all that the map's form needs of one place: version, values, exact shape, steps and changes."""
    values = {name: _plain(getattr(row, name)) for name in NEW_FIELDS[kind]}
    if kind == "courtyard":
        address = addresses_of([row.pk]).get(row.pk)
        values |= {
            "address": address.text if address else "",
            "house_number": address.house_number if address else "",
        }
    return {
        "id": row.pk,
        "kind": kind,
        "cid": row.cid,
        "version": row.row_version,
        "title": titles(kind, [row])[row.pk],
        "values": values,
        "geometry": None if row.wkb is None else shapely.geometry.mapping(shapely.from_wkb(bytes(row.wkb))),
        "courtyards": _courtyards(viewer, row) if kind == "building" else [],
        "history": _history(kind, row),
    }


def _history(kind: str, row: Any) -> list[dict[str, Any]]:
    """Return who changed a place when and what, the newest first; what was done by hand can be taken back."""
    label = row._meta.label_lower
    entries = ChangeEntry.objects.filter(county_id=row.county_id, object_kind=label, object_id=row.pk)
    revisions = Revision.objects.filter(object_kind=label, object_id=row.pk, action__in=PLACE_ACTIONS)
    steps = {(step.at, step.actor): step for step in steps_of(revisions.order_by("-pk")[:MOST_STEPS])}
    found: dict[tuple[Any, str], dict[str, Any]] = {}
    for entry in entries.order_by("-sequence")[:_MOST_ENTRIES]:
        key = (entry.at, entry.actor_label)
        step = steps.get(key)
        line = found.setdefault(
            key,
            {
                "at": entry.at.isoformat(),
                "by": actor(entry.actor_label),
                "label": step.label if step else _("imported") if entry.source_row_id else _("changed"),
                "step": step.id if step and step.undone_at is None else None,
                "changes": [],
            },
        )
        if entry.field:
            line["changes"].append(_change(kind, entry))
    return list(found.values())[:MOST_STEPS]


def _change(kind: str, entry: ChangeEntry) -> str:
    if entry.field == "wkb":
        return _("shape")
    label = LABELS.get(entry.field) or _MEASURED.get(entry.field) or entry.field
    before, after = (_word(kind, entry.field, value) for value in (entry.before, entry.after))
    return f"{label}: {before} → {after}"


def _word(kind: str, name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if name in NEW_FIELDS[kind] and name != "courtyard_id":
        field: Any = MODELS[kind]._meta.get_field(name)
        return str(dict(field.flatchoices).get(value, value))
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def latest_steps(viewer: Viewer, scope_condition: Q) -> list[Step]:
    """Return the newest steps on places within a scope: where a removed place is taken back."""
    rows = Revision.objects.filter(scope_condition, action__in=PLACE_ACTIONS).order_by("-at", "-pk")
    return steps_of(rows[:MOST_STEPS])


def form_fields() -> dict[str, list[dict[str, Any]]]:
    """Return the fields of each kind's form: name, label, and what may be entered."""
    fields = {kind: [_field(kind, name) for name in names] for kind, names in NEW_FIELDS.items()}
    fields["courtyard"] += [
        {"name": "address", "label": _("standard address"), "type": "text", "most": 200},
        {"name": "house_number", "label": _("house number"), "type": "text", "most": 40},
    ]
    return fields


def _field(kind: str, name: str) -> dict[str, Any]:
    field: Any = MODELS[kind]._meta.get_field(name)
    found: dict[str, Any] = {"name": name, "label": str(LABELS[name])}
    if name == "courtyard_id":
        return {**found, "type": "courtyard"}
    if field.choices:
        offered = [pair for pair in field.flatchoices if name != "layer_class" or pair[0] in CLASSES]
        options = [{"value": str(value), "label": str(label)} for value, label in offered]
        return {**found, "type": "choice", "options": options, "initial": str(field.get_default())}
    if name in RANGES:
        span = RANGES[name]
        return {
            **found,
            "type": "number",
            "least": span.least,
            "greatest": span.most,
            "step": "1" if span.is_whole else "any",
        }
    only_new = kind == "courtyard" and name == "code"
    return {**found, "type": "text", "most": field.max_length, "only_new": only_new}


def _courtyards(viewer: Viewer, row: PlaceRow) -> list[dict[str, Any]]:
    """Return the courtyards around a building that it may belong to, and the one it belongs to."""
    shape = shapely.from_wkb(bytes(row.wkb or b"")).buffer(0.0003)
    near = meeting(places_to_edit(viewer, Courtyard).filter(wkb__isnull=False), shape)[:30]
    held: int | None = getattr(row, "courtyard_id", None)
    if held is not None and held not in {one.pk for one in near}:
        near += places_to_edit(viewer, Courtyard).filter(pk=held)
    names = titles("courtyard", near)
    if held is not None and held not in names:
        # The link stays as it is; which courtyard it is, is not the viewer's to read.
        names[held] = kind_labels()["courtyard"]
    return [{"id": key, "title": title} for key, title in names.items()]


def _has(kind: str, name: str) -> bool:
    return name in NEW_FIELDS[kind]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
