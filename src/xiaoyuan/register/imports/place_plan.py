"""What an import of a map file would do: tables, fields, places and what is left out, before anything is written."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.intake.files import SourceFile, source_file
from xiaoyuan.lib import divisions, id_number
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.coordinates import Reference
from xiaoyuan.register.imports.map_formats import read_map
from xiaoyuan.register.imports.place_fields import (
    BUILDINGS,
    COURTYARDS,
    OUTLINES,
    ROADS,
    WATER,
    FieldPlan,
    check_wishes,
    plan_fields,
    table_of,
)
from xiaoyuan.register.imports.place_files import UnreadableFile, says_sample
from xiaoyuan.register.imports.place_values import Parsed, parse, plain
from xiaoyuan.register.imports.placing import NOWHERE, Zones, place, read_zones
from xiaoyuan.register.imports.shapes import fit
from xiaoyuan.register.imports.source_layers import LeftOut, Reason, Shapes, SourceLayer
from xiaoyuan.register.imports.suspicions import looks_shifted, outlines_look_shifted
from xiaoyuan.register.models import Courtyard, Division
from xiaoyuan.register.queries.divisions import CHINA, division_bounds
from xiaoyuan.register.spatial import Bounds

_FAR_DEGREES: Final = 0.5
"""Places of one division lie together; what lies half a degree (50 km) from all of them is elsewhere."""
_KEY_CHARACTERS: Final = 24

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, of how many (0: not known)."""


class NotInDivision(RegisterError):
    """A file whose shapes all lie elsewhere: usually the coordinate system or the division is wrong."""


class LooksShifted(RegisterError):
    """Coordinates that fit the known divisions only after a web map's shift is taken off."""


class SampleUnmarked(RegisterError):
    """Invented data that would be imported as real, or into a real division without a mark."""


class NothingRecognised(RegisterError):
    """A file without any layer that we know."""


@dataclass(frozen=True)
class PlaceOptions:
    """What the operator asked for. `wishes`: field of the file -> field of ours, or "-" to leave it out."""

    layer: str | None = None
    as_table: str | None = None
    wishes: Mapping[str, str] = field(default_factory=dict)
    source_crs: Reference | None = None
    is_sample: bool = False
    courtyards_from_address: bool | None = None
    """None: when nothing else says where the courtyards are."""


@dataclass
class PlannedLayer:
    """A layer on its way: `rows` are the positions in the source that stay, with their zone and key."""

    source: SourceLayer
    table: str
    fields: FieldPlan
    parsed: Parsed
    shapes: Shapes
    is_repaired: NDArray[np.bool_]
    rows: list[int]
    zone_of: NDArray[np.int64]
    keys: list[str]
    left_out: list[LeftOut]

    def cells(self, row: int) -> dict[str, Any]:
        """Return what the file says of a feature, personal fields left out."""
        if self.source.notes is not None:
            hidden = {*self.fields.personal, *self.fields.ignored}
            return {name: value for name, value in self.source.notes[row].items() if name not in hidden}
        kept = (*self.fields.targets.values(), *self.fields.notes)
        return {name: value for name in kept if (value := self.source.columns[name][row]) is not None}

    def reasons(self) -> Counter[Reason]:
        """Return how many features are left out, by reason."""
        return Counter(item.reason for item in self.left_out)


@dataclass
class ImportPlan:
    """All layers of a file with their plans, and the layers that we do not know (name, features)."""

    file: SourceFile
    division: Division
    zones: Zones
    layers: list[PlannedLayer]
    unknown_layers: list[tuple[str, int]]
    makes_courtyards: bool


def plan_import(path: Path, *, division: Division, options: PlaceOptions, progress: Progress) -> ImportPlan:
    """Read a map file and say what would become of it; nothing is written.

    Raises a `RegisterError` that names file, layer and reason when the file must be refused.
    """
    if not path.is_file():
        raise UnreadableFile(_("There is no file %(file)s.") % {"file": path.name})
    _refuse_unmarked_sample(path, division, options)
    sources, unknown = _sources(path, options, progress)
    check_wishes(options.wishes, [name for source in sources for name in source.columns])
    drafts = [_draft(source, options) for source in sources]
    outlines = _outlines(drafts)
    _refuse_shifted(path, division, drafts, outlines, options)
    zones = read_zones(division, outlines)
    for done, draft in enumerate(drafts):
        progress(_("placing"), done, len(drafts))
        _place(draft, zones, division)
        _drop_repeated(draft)
    _refuse_elsewhere(path, division, zones, drafts)
    wish = options.courtyards_from_address
    makes_courtyards = _lacks_courtyards(drafts, division) if wish is None else wish
    return ImportPlan(source_file(path), division, zones, drafts, unknown, makes_courtyards)


def _sources(
    path: Path, options: PlaceOptions, progress: Progress
) -> tuple[list[SourceLayer], list[tuple[str, int]]]:
    """Read the layers and tell which table each is for."""
    layers = read_map(
        path,
        layer=options.layer,
        source_crs=options.source_crs,
        progress=lambda done, total: progress(_("reading"), done, total),
    )
    for layer in layers:
        layer.table = (
            options.as_table or layer.table or table_of(layer.name) or table_of(path.stem.split(".")[0])
        )
    if options.as_table is not None and len(layers) > 1:
        raise NothingRecognised(
            _(
                "%(file)s has several layers; name the one with --layer that is meant as %(table)s: %(layers)s."
            )
            % {
                "file": path.name,
                "table": options.as_table,
                "layers": ", ".join(layer.name for layer in layers),
            }
        )
    known = [layer for layer in layers if layer.table is not None]
    unknown = [(layer.name, layer.read) for layer in layers if layer.table is None]
    if not known:
        raise NothingRecognised(
            _("%(file)s: it is not clear what its layers are (%(layers)s). Say it with --as.")
            % {"file": path.name, "layers": ", ".join(name for name, _count in unknown)}
        )
    return known, unknown


def _draft(source: SourceLayer, options: PlaceOptions) -> PlannedLayer:
    """Map fields, read values and repair shapes of one layer."""
    assert source.table is not None
    wishes = {name: wish for name, wish in options.wishes.items() if name in source.columns}
    fields = plan_fields(source.table, list(source.columns), wishes)
    found = tuple(name for name in fields.notes if _holds_id_numbers(source.columns[name]))
    fields = FieldPlan(
        fields.targets,
        tuple(name for name in fields.notes if name not in found),
        (*fields.personal, *found),
        fields.ignored,
    )
    fitted = fit(source.shapes, source.table)
    draft = PlannedLayer(
        source=source,
        table=source.table,
        fields=fields,
        parsed=parse(source.table, source.columns, fields.targets),
        shapes=fitted.shapes,
        is_repaired=fitted.is_repaired,
        rows=[],
        zone_of=np.full(len(source), NOWHERE),
        keys=[""] * len(source),
        left_out=list(source.left_out),
    )
    for row, reason in enumerate(fitted.reasons):
        if reason is None:
            draft.rows.append(row)
        else:
            _leave_out(draft, row, reason)
    return draft


def _holds_id_numbers(column: Sequence[Any]) -> bool:
    """Whether some text of a column is a valid identity number."""
    for cell in column:
        if isinstance(cell, str) and len(cell) == 18:
            try:
                id_number.parse(cell)
            except id_number.IdNumberError:
                continue
            return True
    return False


def _outlines(drafts: Sequence[PlannedLayer]) -> list[tuple[str, str, Any]]:
    found = []
    for draft in drafts:
        if draft.table == OUTLINES:
            codes = draft.parsed.columns.get("division_code", [None] * len(draft.source))
            names = draft.parsed.columns.get("name", [None] * len(draft.source))
            found += [(_code(codes[row]), names[row] or "", draft.shapes[row]) for row in draft.rows]
    return found


def _place(draft: PlannedLayer, zones: Zones, division: Division) -> None:
    """Give each row its zone; rows elsewhere are left out."""
    codes = draft.parsed.columns.get("division_code")
    named = {row: _code(codes[row]) for row in draft.rows if codes is not None and codes[row] is not None}
    free = [row for row in draft.rows if row not in named]
    if draft.table == OUTLINES:
        _place_outlines(draft, zones, named, free, division)
    else:
        for row, code in named.items():
            draft.zone_of[row] = zones.index_of(code)
            if draft.zone_of[row] == NOWHERE:
                _leave_out(draft, row, Reason.UNKNOWN_DIVISION)
        if free:
            found = place(draft.shapes[free], zones, by_share=draft.table in (ROADS, WATER))
            draft.zone_of[free] = found
            for row, zone in zip(free, found, strict=True):
                if zone == NOWHERE:
                    _leave_out(draft, row, Reason.OUTSIDE)
    draft.rows = [row for row in draft.rows if draft.zone_of[row] != NOWHERE]


def _place_outlines(
    draft: PlannedLayer, zones: Zones, named: Mapping[int, str], free: Sequence[int], division: Division
) -> None:
    """An outline is for the division it names; without a code only a new local division can be meant."""
    for row, code in named.items():
        draft.zone_of[row] = zones.index_of(code)
    names = draft.parsed.columns.get("name", [None] * len(draft.source))
    by_name = {zone.name: at for at, zone in enumerate(zones.zones)}
    if divisions.is_local(division.code):
        for row in free:
            draft.zone_of[row] = by_name.get(names[row] or "", NOWHERE)
    for row in draft.rows:
        if draft.zone_of[row] == NOWHERE:
            _leave_out(draft, row, Reason.UNKNOWN_DIVISION)


def _drop_repeated(draft: PlannedLayer) -> None:
    """Give each row its key; the same thing twice stays once, different things under one key are all left out."""
    keys = draft.parsed.columns.get("source_key", [None] * len(draft.source))
    rows_of: dict[str, list[int]] = {}
    for row in draft.rows:
        key = plain(keys[row]) if keys[row] is not None else _shape_key(draft.shapes[row])
        draft.keys[row] = key
        rows_of.setdefault(key, []).append(row)
    if draft.table == OUTLINES:
        return
    for rows in rows_of.values():
        if len(rows) > 1:
            first = rows[0]
            is_same = all(
                draft.cells(row) == draft.cells(first)
                and shapely.equals_identical(draft.shapes[row], draft.shapes[first])
                for row in rows[1:]
            )
            for row in rows[1:] if is_same else rows:
                _leave_out(draft, row, Reason.REPEATED if is_same else Reason.CONTRADICTS)
                draft.zone_of[row] = NOWHERE
    draft.rows = [row for row in draft.rows if draft.zone_of[row] != NOWHERE]


def _lacks_courtyards(drafts: Sequence[PlannedLayer], division: Division) -> bool:
    """Whether neither the file nor the register has courtyards, other than those made of these very buildings."""
    if any(draft.table == COURTYARDS or "courtyard_code" in draft.fields.targets for draft in drafts):
        return False
    keys = {draft.keys[row] for draft in drafts if draft.table == BUILDINGS for row in draft.rows}
    kept = Courtyard.objects.within(Scope.below(division.code)).values_list("source_key", flat=True)
    return all(key in keys for key in kept.iterator(chunk_size=5000))


def _shape_key(shape: Any) -> str:
    """Key of a feature that the file gives none: its shape, which is the same when the file is read again."""
    return "shape:" + hashlib.sha256(shapely.to_wkb(shape)).hexdigest()[:_KEY_CHARACTERS]


def _leave_out(draft: PlannedLayer, row: int, reason: Reason) -> None:
    draft.left_out.append(LeftOut(draft.source.row_numbers[row], reason, draft.cells(row)))


def _code(text: str | None) -> str:
    """Return significant digits; a text that is no code stays and matches no division."""
    try:
        return divisions.normalise(text or "")
    except divisions.DivisionCodeError:
        return text or ""


def _refuse_unmarked_sample(path: Path, division: Division, options: PlaceOptions) -> None:
    if not options.is_sample and says_sample(path):
        raise SampleUnmarked(
            _("%(file)s says that its contents are invented: import it with --sample.") % {"file": path.name}
        )


def _refuse_elsewhere(path: Path, division: Division, zones: Zones, drafts: Sequence[PlannedLayer]) -> None:
    """Refuse a file of which nothing lies where it should."""
    placed = [draft for draft in drafts if draft.table != OUTLINES]
    shapes = np.concatenate([draft.source.shapes for draft in drafts])
    box = tuple(float(value) for value in shapely.total_bounds(shapes))
    if np.isnan(box[0]):
        return
    if not divisions.is_local(division.code) and not _meets(box, CHINA):
        raise NotInDivision(_elsewhere(path, division, box, CHINA))
    expected = zones.bounds
    outside = sum(draft.reasons()[Reason.OUTSIDE] for draft in placed)
    if outside and not any(draft.rows for draft in drafts):
        raise NotInDivision(_elsewhere(path, division, box, expected))
    if expected is None:
        expected = division_bounds(division.code)
        if expected is not None and not _meets(box, expected):
            raise NotInDivision(_elsewhere(path, division, box, expected))


def _refuse_shifted(
    path: Path,
    division: Division,
    drafts: Sequence[PlannedLayer],
    outlines: Sequence[tuple[str, str, Any]],
    options: PlaceOptions,
) -> None:
    """Refuse coordinates that look shifted like a web map's; when the operator named their system it is only said."""
    known = read_zones(division, [])
    shape_of = {zone.code: zone.shape for zone in known.zones if zone.code}
    shift = outlines_look_shifted({code: shape for code, _name, shape in outlines if code}, shape_of)
    if shift is None:
        shapes, expected = [], []
        for draft in drafts:
            codes = draft.parsed.columns.get("division_code", [None] * len(draft.source))
            if draft.table != OUTLINES:
                shapes.append(draft.shapes[draft.rows])
                expected += [shape_of.get(_code(codes[row]), known.limit) for row in draft.rows]
        if shapes:
            shift = looks_shifted(np.concatenate(shapes), expected)
    if shift is None:
        return
    text = _(
        "%(file)s: these coordinates look shifted like %(shift)s: hundreds of metres off the known outlines, and in "
        "place when the shift is taken off."
    ) % {"file": path.name, "shift": shift}
    if options.source_crs is None:
        advice = _(
            "Give --source-crs %(shift)s, or name their true system with --source-crs to keep them as they are."
        )
        raise LooksShifted(f"{text} {advice % {'shift': shift}}")
    drafts[0].source.remarks.append(text)


def _meets(box: tuple[float, ...], expected: Bounds) -> bool:
    west, south, east, north = box
    return (
        west <= expected[2] + _FAR_DEGREES
        and east >= expected[0] - _FAR_DEGREES
        and south <= expected[3] + _FAR_DEGREES
        and north >= expected[1] - _FAR_DEGREES
    )


def _elsewhere(path: Path, division: Division, box: tuple[float, ...], expected: Bounds | None) -> str:
    turned = (box[1], box[0], box[3], box[2])
    swapped = expected is not None and _meets(turned, expected)
    return (f"{_('Longitude and latitude are swapped.')} " if swapped else "") + _(
        "%(file)s lies outside %(name)s %(code)s: its shapes are at %(found)s, the division at %(expected)s. "
        "Check the coordinate system and the division."
    ) % {
        "file": path.name,
        "name": division.name,
        "code": division.code,
        "found": box_text(box),
        "expected": "?" if expected is None else box_text(expected),
    }


def box_text(box: Sequence[float]) -> str:
    """Return a box of degrees as people write it."""
    return _("longitude %(west).4f to %(east).4f, latitude %(south).4f to %(north).4f") % {
        "west": box[0],
        "south": box[1],
        "east": box[2],
        "north": box[3],
    }
