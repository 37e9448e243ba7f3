"""Carrying out a planned import of a map file: rows of our tables, written in one transaction."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.actions import RowRecord
from xiaoyuan.intake.models import Verdict
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.outlines import OutlineRow
from xiaoyuan.register.actions.place_rows import ImportContext, PlaceRows
from xiaoyuan.register.actions.places import (
    TableImport,
    TableReport,
    begin_import,
    finish_import,
    write_outline_layer,
    write_table,
)
from xiaoyuan.register.choices import BuildingUse, ParcelUse, RoadClass, RoofKind, Structure, WaterKind
from xiaoyuan.register.imports.place_fields import (
    BUILDINGS,
    COURTYARDS,
    MAP_KEYS,
    OUTLINES,
    PARCELS,
    ROADS,
    WATER,
)
from xiaoyuan.register.imports.place_plan import ImportPlan, PlannedLayer, Progress
from xiaoyuan.register.imports.placing import Zones
from xiaoyuan.register.imports.source_layers import NOT_OF_THE_LAYER, Reason
from xiaoyuan.register.measuring import areas_m2, lengths_m
from xiaoyuan.register.models import Building, Courtyard, Parcel, PlaceRow, Road, Water

MODELS: Final[dict[str, type[PlaceRow]]] = {
    COURTYARDS: Courtyard,
    BUILDINGS: Building,
    PARCELS: Parcel,
    ROADS: Road,
    WATER: Water,
}
"""Our tables in the order in which they are written: buildings look for their courtyard."""
_LEADING_NUMBER: Final = re.compile(r"\d+[A-Za-z]?(?=[\s,])")
_MU_CENTS: Final = Decimal("0.01")

Columns = dict[str, list[Any]]


@dataclass
class LayerReport:
    """What became of one layer; `read` = rows written or unchanged + errors + everything left out, by reason."""

    sheet: str
    table: str
    read: int
    table_report: TableReport
    left_out: Counter[Reason]
    repaired: int
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)

    def verdict(self, verdict: Verdict) -> int:
        """Return how many rows got a verdict."""
        return self.table_report.verdicts[verdict]


def import_places(
    plan: ImportPlan,
    *,
    is_sample: bool,
    attribution: str,
    actor: Actor,
    now: datetime,
    progress: Progress,
) -> list[LayerReport]:
    """Write everything that was planned, all or nothing; the same file again changes nothing."""
    reports = []
    with transaction.atomic():
        context = begin_import(
            division=plan.division,
            file=plan.file,
            actor=actor,
            now=now,
            is_sample=is_sample,
            attribution=attribution,
        )
        for layer in (layer for layer in plan.layers if layer.table == OUTLINES):
            reports.append(_import_outlines(layer, plan.zones, context))
        ordered = [layer for table in MODELS for layer in plan.layers if layer.table == table]
        for done, layer in enumerate(ordered):
            progress(layer.source.name, done, len(ordered))
            table = _table_import(layer, plan)
            written = write_table(table=table, context=context)
            reports.append(_report(layer, written))
        context.left_out = {
            report.sheet: {str(reason): count for reason, count in report.left_out.items()}
            for report in reports
            if report.left_out
        }
        finish_import(context)
    return reports


def _import_outlines(layer: PlannedLayer, zones: Zones, context: ImportContext) -> LayerReport:
    rows = [
        OutlineRow(
            row_number=layer.source.row_numbers[row],
            code=zones.zones[layer.zone_of[row]].code,
            name=zones.zones[layer.zone_of[row]].name,
            shape=layer.shapes[row],
            cells=layer.cells(row),
            messages=_messages(layer, row),
        )
        for row in layer.rows
    ]
    made, written = write_outline_layer(
        rows=rows, sheet=layer.source.name, left_out=_errors(layer), context=context
    )
    for row, division in zip(layer.rows, made, strict=True):
        zones.zones[layer.zone_of[row]].code = division.code
    return _report(layer, written)


def _table_import(layer: PlannedLayer, plan: ImportPlan) -> TableImport:
    picked: Columns = {
        name: [column[row] for row in layer.rows] for name, column in layer.parsed.columns.items()
    }
    shapes = layer.shapes[layer.rows]
    rows = PlaceRows(
        model=MODELS[layer.table],
        sheet=layer.source.name,
        row_numbers=[layer.source.row_numbers[row] for row in layer.rows],
        source_keys=[layer.keys[row] for row in layer.rows],
        shapes=shapes,
        division_codes=[plan.zones.zones[layer.zone_of[row]].code for row in layer.rows],
        values=_VALUES[layer.table](picked, shapes),
        cells=[layer.cells(row) for row in layer.rows],
        messages=[_messages(layer, row) for row in layer.rows],
    )
    if layer.fields.targets.get("source_key") in MAP_KEYS:
        # The number of an object in a map is no number of the land register.
        rows.values.pop("code", None)
    makes_courtyards = layer.table == BUILDINGS and plan.makes_courtyards
    has_addresses = layer.table == COURTYARDS or makes_courtyards
    if layer.table == COURTYARDS:
        rows.values["code"] = [
            number if number is not None else f"{code}-{key.removeprefix('shape:')}"[:40]
            for number, code, key in zip(
                picked.get("source_key", [None] * len(rows)),
                rows.division_codes,
                rows.source_keys,
                strict=True,
            )
        ]
    return TableImport(
        rows=rows,
        left_out=_errors(layer),
        addresses=addresses_of(picked, len(rows)) if has_addresses else None,
        courtyard_codes=picked.get("courtyard_code", [None] * len(rows))
        if layer.table == BUILDINGS
        else None,
        makes_courtyards=makes_courtyards,
    )


def addresses_of(columns: Columns, count: int) -> list[AddressText | None]:
    """Return the address of each row: as the file writes it, else put together from OpenStreetMap's parts.

    A house number that the file does not give apart is read from the address when it begins with one.
    """
    empty = [None] * count
    texts, numbers = columns.get("address", empty), columns.get("house_number", empty)
    streets, codes, cities = (columns.get(name, empty) for name in ("street", "postcode", "city"))
    found: list[AddressText | None] = []
    for text, number, street, code, city in zip(texts, numbers, streets, codes, cities, strict=True):
        if text is None and number is not None and (street or city):
            place = " ".join(part for part in (code, city) if part)
            text = ", ".join(part for part in (" ".join(filter(None, (street, number))), place) if part)
        if text is None and number is not None:
            text = number
        if text is None:
            found.append(None)
            continue
        leading = _LEADING_NUMBER.match(text)
        found.append(AddressText(text, number or (leading[0] if leading else "")))
    return found


def _text(columns: Columns, name: str) -> Columns:
    return {name: [value or "" for value in columns[name]]} if name in columns else {}


def _plain(columns: Columns, *names: str) -> Columns:
    return {name: columns[name] for name in names if name in columns}


def _or(columns: Columns, name: str, default: Any) -> Columns:
    if name not in columns:
        return {}
    return {name: [default if value is None else value for value in columns[name]]}


def _building_values(columns: Columns, shapes: Any) -> Columns:
    """A use that says nothing gives way to the amenity; a height that counts from a base is raised by that base."""
    values = {
        **_text(columns, "name"),
        **_plain(columns, "storeys", "height_m", "ground_height_m", "built_year"),
        **_or(columns, "roof", RoofKind.FLAT),
        **_or(columns, "structure", Structure.UNKNOWN),
    }
    hints = columns.get("amenity", [None] * len(shapes))
    uses = columns.get("use", [None] * len(shapes))
    if "use" in columns or "amenity" in columns:
        values["use"] = [use or hint or BuildingUse.UNKNOWN for use, hint in zip(uses, hints, strict=True)]
    if "body_height_m" in columns:
        bases = columns.get("base_height_m", [None] * len(shapes))
        given = columns.get("height_m", [None] * len(shapes))
        values["height_m"] = [
            height if height is not None or body is None else round(body + (base or 0), 3)
            for height, body, base in zip(given, columns["body_height_m"], bases, strict=True)
        ]
    return values


def _parcel_values(columns: Columns, shapes: Any) -> Columns:
    values = {
        **_or(columns, "use", ParcelUse.UNKNOWN),
        **_text(columns, "crop"),
        **_text(columns, "household_no"),
        "area_m2": [round(float(area), 3) for area in areas_m2(shapes)],
    }
    if "source_key" in columns:
        values["code"] = [(key or "")[:40] for key in columns["source_key"]]
    if "area_mu" in columns:
        values["area_mu"] = [
            None if mu is None else Decimal(str(mu)).quantize(_MU_CENTS) for mu in columns["area_mu"]
        ]
    return values


def _road_values(columns: Columns, shapes: Any) -> Columns:
    return {
        **_text(columns, "name"),
        **_or(columns, "road_class", RoadClass.VILLAGE),
        **_plain(columns, "width_m"),
        "length_m": [round(float(length), 3) for length in lengths_m(shapes)],
    }


def _water_values(columns: Columns, shapes: Any) -> Columns:
    """A kind that is not understood is a stream as a line and a lake as an area."""
    is_area = np.isin(shapely.get_type_id(shapes), (3, 6))
    kinds = columns.get("kind", [None] * len(shapes))
    return {
        **_text(columns, "name"),
        "kind": [
            kind or (WaterKind.LAKE if area else WaterKind.STREAM)
            for kind, area in zip(kinds, is_area, strict=True)
        ],
    }


def _courtyard_values(columns: Columns, shapes: Any) -> Columns:
    return {**_text(columns, "name"), **_text(columns, "group")}


_VALUES: Final[dict[str, Callable[[Columns, Any], Columns]]] = {
    COURTYARDS: _courtyard_values,
    BUILDINGS: _building_values,
    PARCELS: _parcel_values,
    ROADS: _road_values,
    WATER: _water_values,
}


def _messages(layer: PlannedLayer, row: int) -> tuple[str, ...]:
    repaired = (_("Its rings were repaired."),) if layer.is_repaired[row] else ()
    return (*layer.parsed.problems.get(row, ()), *repaired)


def _errors(layer: PlannedLayer) -> list[RowRecord]:
    """Return the rows that a person should look at; what was never meant for the layer is only counted."""
    return [
        RowRecord(layer.source.name, item.row_number, item.cells, Verdict.ERROR, (_reason(item.reason),))
        for item in layer.left_out
        if item.reason not in NOT_OF_THE_LAYER
    ]


def _reason(reason: Reason) -> dict[str, str]:
    return {"text": reason.text, "reason": str(reason)}


def _report(layer: PlannedLayer, written: TableReport) -> LayerReport:
    left_out = layer.reasons()
    if written.taken_keys:
        left_out[Reason.KEY_TAKEN] += written.taken_keys
    kept: Sequence[int] = layer.rows
    return LayerReport(
        sheet=layer.source.name,
        table=layer.table,
        read=layer.source.read,
        table_report=written,
        left_out=left_out,
        repaired=int(layer.is_repaired[list(kept)].sum()),
        unknown=layer.parsed.unknown,
    )
