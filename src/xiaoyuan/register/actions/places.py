"""Importing places: a batch is opened, outlines and tables are written in turn, figures and batch close.

The order within one transaction: `begin_import`, `write_outline_layer`, `write_table` for courtyards, then for
buildings (they look for their courtyard), then the others; `finish_import`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import shapely
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import Actor
from xiaoyuan.figures.actions import record
from xiaoyuan.intake.actions import RowLink, RowRecord, mark_applied, open_batch, stage_rows
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.addresses import AddressText, current_addresses, is_current, write_addresses
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.actions.divisions import KIND as DIVISION_KIND
from xiaoyuan.register.actions.outlines import OutlineRow, judge_outlines, write_outlines
from xiaoyuan.register.actions.place_rows import ImportContext, Judged, PlaceRows, judge, known_rows, write
from xiaoyuan.register.models import Courtyard, Division

PLACES: Final = "places"
"""Kind of the batches of map files."""
_WHY: Final = "an import links buildings to the courtyards of its own division"
_WRITTEN: Final = (Verdict.NEW, Verdict.CHANGED)


@dataclass
class TableImport:
    """Rows of one table and what hangs on them; lists have n entries.

    `left_out`: rows to stage as errors. `addresses`: of courtyards, or of buildings that become courtyards themselves
    (`makes_courtyards`). `courtyard_codes`: which courtyard each building says it stands in.
    """

    rows: PlaceRows
    left_out: list[RowRecord] = field(default_factory=list)
    addresses: list[AddressText | None] | None = None
    courtyard_codes: list[str | None] | None = None
    makes_courtyards: bool = False


@dataclass
class TableReport:
    """What became of the rows of one table: counts by verdict, and courtyards made from addresses on the way."""

    verdicts: Counter[Verdict]
    taken_keys: int = 0
    courtyards: Counter[Verdict] = field(default_factory=Counter)
    linked: int = 0


def begin_import(
    *,
    division: Division,
    file: SourceFile,
    actor: Actor,
    now: datetime,
    is_sample: bool,
    attribution: str,
) -> ImportContext:
    """Open the batch of a map file. Must run in the transaction that writes it; raises `UnknownDivision`."""
    county = ensure_county(division.code)
    batch = open_batch(
        county_id=county.pk,
        division_code=division.code,
        kind=PLACES,
        file=file,
        actor=actor,
        now=now,
        is_sample=is_sample,
        attribution=attribution,
    )
    return ImportContext(county, division.code, batch, actor, now, is_sample)


def finish_import(context: ImportContext) -> None:
    """Record the figure deltas and close the batch."""
    day = timezone.localdate(context.now)
    record(county_id=context.county.pk, day=day, deltas=context.deltas)
    if context.left_out:
        context.batch.counts = {**context.batch.counts, "left_out": context.left_out}
    mark_applied(batch=context.batch, actor=context.actor, now=context.now, links=context.links)


def write_outline_layer(
    *, rows: Sequence[OutlineRow], sheet: str, left_out: Sequence[RowRecord], context: ImportContext
) -> tuple[list[Division], TableReport]:
    """Write the outlines of a layer and return the division of each row."""
    with transaction.atomic():
        verdicts = judge_outlines(rows, context)
        refused = _("A sample outline does not replace a real one.")
        records = [
            RowRecord(
                sheet,
                row.row_number,
                row.cells,
                verdict,
                (*row.messages, refused) if verdict is Verdict.ERROR else row.messages,
            )
            for row, verdict in zip(rows, verdicts, strict=True)
        ]
        staged = stage_rows(batch=context.batch, rows=[*records, *left_out], now=context.now)
        divisions = write_outlines(rows, verdicts, staged[: len(rows)], context)
        _link(
            DIVISION_KIND,
            [division.pk for division in divisions],
            staged[: len(rows)],
            context,
        )
    return divisions, TableReport(Counter(verdicts))


def write_table(*, table: TableImport, context: ImportContext) -> TableReport:
    """Stage and write the rows of one table; a file read again changes nothing."""
    rows = table.rows
    with transaction.atomic():
        known = known_rows(rows.model, context)
        if rows.model is Courtyard:
            _take_up_unplaced(rows, known, context)
        table, taken = _without_taken_keys(table, known, context)
        rows = table.rows
        if table.courtyard_codes is not None:
            rows.values["courtyard_id"] = _courtyards_of(table, context)
        judged = judge(rows, known)
        if table.addresses is not None and not table.makes_courtyards:
            _mark_new_addresses(judged.verdicts, judged.ids, table.addresses)
        own = _own_courtyards(table) if table.makes_courtyards else None
        own_judged = judge(own.rows, known_rows(Courtyard, context)) if own is not None else None
        if own is not None and own_judged is not None:
            assert own.addresses is not None
            _mark_new_addresses(own_judged.verdicts, own_judged.ids, own.addresses)
            _mark_changed(judged.verdicts, own_judged.verdicts, own.origin)
        staged = _stage(table, judged, context)
        report = TableReport(Counter(judged.verdicts), taken)
        if own is not None and own_judged is not None:
            own_staged = [staged[at] for at in own.origin]
            own_ids = write(own.rows, own_judged, own_staged, context)
            _write_addresses(own.rows, own_ids, own.addresses or [], own_staged, context)
            report.courtyards = Counter(own_judged.verdicts)
            links = rows.values.setdefault("courtyard_id", [None] * len(rows))
            for at, courtyard_id in zip(own.origin, own_ids, strict=True):
                links[at] = courtyard_id
            again = judge(rows, known)
            judged = Judged(again.verdicts, again.ids)
        ids = write(rows, judged, staged, context)
        if table.addresses is not None and not table.makes_courtyards:
            _write_addresses(rows, ids, table.addresses, staged, context)
        report.linked = sum(link is not None for link in rows.values.get("courtyard_id", ()))
        _link(rows.model._meta.label_lower, ids, staged, context)
    return report


def _take_up_unplaced(rows: PlaceRows, known: dict[str, tuple[int, bool]], context: ImportContext) -> None:
    """Know courtyards of a ledger that no survey had seen by their number: this file brings their shape."""
    waiting = dict(
        Courtyard.objects.unscoped(_WHY)
        .filter(
            county=context.county,
            **divisions.range_below(context.division_code),
            is_sample=context.is_sample,
            wkb__isnull=True,
        )
        .values_list("code", "pk")
    )
    for key, number in zip(rows.source_keys, rows.values["code"], strict=True):
        if key not in known and number in waiting:
            known[key] = (waiting[number], context.is_sample)


@dataclass
class _OwnCourtyards:
    """Courtyards that buildings with an address become; `origin`: the building's row of each."""

    rows: PlaceRows
    addresses: list[AddressText | None]
    origin: list[int]


def _own_courtyards(table: TableImport) -> _OwnCourtyards:
    """Make a courtyard of each building with an address: its shape is the footprint, as nothing says more."""
    rows = table.rows
    origin = [at for at, address in enumerate(table.addresses or []) if address is not None]
    picked = PlaceRows(
        model=Courtyard,
        sheet=rows.sheet,
        row_numbers=[rows.row_numbers[at] for at in origin],
        source_keys=[rows.source_keys[at] for at in origin],
        shapes=rows.shapes[origin],
        division_codes=[rows.division_codes[at] for at in origin],
        values={"code": [f"{rows.division_codes[at]}-{rows.source_keys[at]}"[:40] for at in origin]},
        cells=[{} for _at in origin],
        messages=[() for _at in origin],
    )
    return _OwnCourtyards(picked, [(table.addresses or [])[at] for at in origin], origin)


def _mark_new_addresses(
    verdicts: list[Verdict], ids: Sequence[int | None], addresses: Sequence[AddressText | None]
) -> None:
    current = current_addresses([pk for pk in ids if pk is not None])
    for at, (pk, address) in enumerate(zip(ids, addresses, strict=True)):
        if pk is None or address is None or verdicts[at] is not Verdict.SAME:
            continue
        if not is_current(address, current.get(pk)):
            verdicts[at] = Verdict.CHANGED


def _mark_changed(verdicts: list[Verdict], made: Sequence[Verdict], origin: Sequence[int]) -> None:
    """A building whose courtyard is made or changes is staged too: the courtyard's provenance points at its row."""
    for at, verdict in zip(origin, made, strict=True):
        if verdict in _WRITTEN and verdicts[at] is Verdict.SAME:
            verdicts[at] = Verdict.CHANGED


def _write_addresses(
    rows: PlaceRows,
    ids: Sequence[int],
    addresses: Sequence[AddressText | None],
    staged: Sequence[int | None],
    context: ImportContext,
) -> None:
    given = [at for at, address in enumerate(addresses) if address is not None]
    write_addresses(
        addresses={ids[at]: address for at in given if (address := addresses[at]) is not None},
        division_codes={ids[at]: rows.division_codes[at] for at in given},
        staged_ids={ids[at]: staged[at] for at in given},
        writing=Writing(context.county.pk, context.is_sample, context.actor, context.now),
    )


def _courtyards_of(table: TableImport, context: ImportContext) -> list[int | None]:
    """Return the courtyard of each building: the one it names, else the one that holds a point of it."""
    code = context.division_code
    kept = list(
        Courtyard.objects.unscoped(_WHY)
        .filter(
            county=context.county,
            **divisions.range_below(code),
            is_sample=context.is_sample,
            valid_until__isnull=True,
        )
        .values_list("pk", "code", "wkb")
    )
    by_code = {number: pk for pk, number, _wkb in kept}
    found: list[int | None] = [by_code.get(number or "") for number in table.courtyard_codes or []]
    for at, number in enumerate(table.courtyard_codes or []):
        if number and found[at] is None:
            sentence = _("There is no courtyard %(code)s.") % {"code": number}
            table.rows.messages[at] = (*table.rows.messages[at], sentence)
    missing = [at for at, pk in enumerate(found) if pk is None]
    # Footprints that become courtyards hold their own building only, even where footprints overlap.
    if not missing or not kept or table.makes_courtyards:
        return found
    kept = [one for one in kept if one[2] is not None]
    tree = shapely.STRtree(shapely.from_wkb([bytes(wkb) for _pk, _number, wkb in kept]))
    points = shapely.point_on_surface(table.rows.shapes[missing])
    for point, courtyard in np.asarray(tree.query(points, predicate="intersects")).T:
        found[missing[point]] = kept[courtyard][0]
    return found


def _without_taken_keys(
    table: TableImport, known: dict[str, tuple[int, bool]], context: ImportContext
) -> tuple[TableImport, int]:
    """Leave out rows whose key belongs to the other kind of data, and courtyards whose number is used elsewhere."""
    rows = table.rows
    taken = {
        at for at, key in enumerate(rows.source_keys) if key in known and known[key][1] != context.is_sample
    }
    if rows.model is Courtyard:
        numbers = Courtyard.objects.unscoped(_WHY).filter(county=context.county).values_list("code", "pk")
        owner = dict(numbers)
        for at, (key, number) in enumerate(zip(rows.source_keys, rows.values["code"], strict=True)):
            if number in owner and (key not in known or known[key][0] != owner[number]):
                taken.add(at)
    if not taken:
        return table, 0
    sentence = _("Its number is in use elsewhere in the county.")
    errors = [
        RowRecord(rows.sheet, rows.row_numbers[at], rows.cells[at], Verdict.ERROR, (sentence,))
        for at in sorted(taken)
    ]
    kept = [at for at in range(len(rows)) if at not in taken]
    return _picked(table, kept, errors), len(taken)


def _picked(table: TableImport, kept: Sequence[int], errors: Sequence[RowRecord]) -> TableImport:
    def pick(column: list[Any]) -> list[Any]:
        return [column[at] for at in kept]

    rows = table.rows
    return TableImport(
        rows=PlaceRows(
            model=rows.model,
            sheet=rows.sheet,
            row_numbers=pick(rows.row_numbers),
            source_keys=pick(rows.source_keys),
            shapes=rows.shapes[list(kept)],
            division_codes=pick(rows.division_codes),
            values={name: pick(column) for name, column in rows.values.items()},
            cells=pick(rows.cells),
            messages=pick(rows.messages),
        ),
        left_out=[*table.left_out, *errors],
        addresses=None if table.addresses is None else pick(table.addresses),
        courtyard_codes=None if table.courtyard_codes is None else pick(table.courtyard_codes),
        makes_courtyards=table.makes_courtyards,
    )


def _stage(table: TableImport, judged: Judged, context: ImportContext) -> list[int | None]:
    rows = table.rows
    records = (
        RowRecord(rows.sheet, number, cells, verdict, messages)
        for number, cells, verdict, messages in zip(
            rows.row_numbers, rows.cells, judged.verdicts, rows.messages, strict=True
        )
    )
    staged = stage_rows(batch=context.batch, rows=records, now=context.now)
    stage_rows(batch=context.batch, rows=table.left_out, now=context.now)
    return staged


def _link(kind: str, ids: Sequence[int], staged: Sequence[int | None], context: ImportContext) -> None:
    """Tell the staged rows what they became."""
    context.links += [
        RowLink(staged_id, kind, pk)
        for staged_id, pk in zip(staged, ids, strict=True)
        if staged_id is not None
    ]
