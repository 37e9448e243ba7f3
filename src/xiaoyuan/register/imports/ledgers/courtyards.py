"""The ledger of courtyards, with coordinates or without: known again by their number, else by their address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, hypot, radians
from typing import Any, Final

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.cells import code, decimal, text
from xiaoyuan.intake.columns import (
    Column,
    DecidedAbsence,
    Difference,
    ImportContext,
    JudgedRow,
    Judgement,
    LedgerKind,
    Problem,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.models import Decision, Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.lib.text import fold
from xiaoyuan.register.actions.addresses import AddressText, current_addresses
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.courtyards import KIND, CourtyardWrite, Position, write_courtyards
from xiaoyuan.register.actions.placing import misplacement
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.imports.coordinates import UnusableCoordinates
from xiaoyuan.register.imports.ground import Datum, coordinate, datum, to_ground
from xiaoyuan.register.imports.ledgers.readers import division
from xiaoyuan.register.imports.ledgers.villages import resolve_divisions, village_of
from xiaoyuan.register.models import Courtyard, StandardAddress

_WHY: Final = "an import compares its rows with what is there"
_SAME_M: Final = 0.5
"""Two readings of one point: what conversion and rounding may differ by."""
_LOOK_UP: Final = 500
_VALUES: Final = ("name", "group")

COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "address",
        "标准地址",
        text(200),
        ("地址", "院落地址", "门牌地址", "详细地址", "家庭地址", "门楼牌地址"),
        is_required=True,
    ),
    Column("code", "院落编号", code(40), ("院落代码", "院落序号", "宅院编号", "宅基地编号", "院落号")),
    Column("name", "院落名称", text(120), ("院落名", "小院名称")),
    Column("group", "组别", text(40), ("村民组", "村民小组", "组", "小组", "自然寨"), is_merged_down=True),
    Column("house_number", "门牌号", text(40), ("门牌", "门牌号码", "门楼牌号")),
    Column("division_code", "区划代码", division, ("村代码", "所属区划代码", "行政区划代码", "所在村代码")),
    Column(
        "lon", "经度", coordinate, ("东经", "经度(°)", "X坐标", "坐标X", "X", "横坐标", "lon", "longitude")
    ),
    Column(
        "lat", "纬度", coordinate, ("北纬", "纬度(°)", "Y坐标", "坐标Y", "Y", "纵坐标", "lat", "latitude")
    ),
    Column("datum", "坐标系", datum, ("坐标系统", "坐标基准", "坐标类型", "坐标来源")),
    Column(
        "accuracy_m",
        "定位精度(米)",
        decimal(1, units=("米", "m")),
        ("精度(米)", "精度", "定位精度", "误差(米)"),
    ),
)


@dataclass(slots=True)
class _Draft:
    """What one row states."""

    row: Row
    division_code: str = ""
    position: Position | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.row.values.get("code") or ""

    @property
    def address(self) -> str:
        return self.row.values.get("address") or ""

    def fault(self, column: str, text: str) -> None:
        """Note an error of this row."""
        self.problems.append(self.row.problem(column, text))

    def note(self, column: str, text: str) -> None:
        """Note what a person should know of a row that is right."""
        self.notes.append(self.row.problem(column, text))


@dataclass
class _Known:
    """Courtyards of the register that rows may mean."""

    by_code: dict[str, Courtyard]
    by_address: dict[tuple[str, str], list[Courtyard]]
    by_id: dict[int, Courtyard]
    addresses: Mapping[int, StandardAddress]


def _lock(context: ImportContext) -> None:
    lock_changes(context.county_id)


def _identity(row: Row) -> str:
    return row.values.get("code") or ""


def _judge(rows: Sequence[Row], context: ImportContext) -> Judgement:
    drafts = [_Draft(row) for row in rows]
    resolve_divisions(drafts, context, level=divisions.Level.VILLAGE)
    for draft in drafts:
        if not draft.code and not draft.address:
            draft.fault("标准地址", _("Write the number of the courtyard or its address."))
        _locate(draft)
    _check_doubles(drafts, context)
    known = _known(drafts, context)
    return Judgement([_verdict(draft, known, context) for draft in drafts])


def _locate(draft: _Draft) -> None:
    """Bring coordinates to CGCS2000; what cannot lie in the village is an error of the row."""
    given = draft.row.values
    lon, lat = given.get("lon"), given.get("lat")
    if lon is None and lat is None:
        return
    if lon is None or lat is None:
        if not any(problem.column in ("经度", "纬度") for problem in draft.row.problems):
            draft.fault("经度" if lon is None else "纬度", _("One of the two coordinates is missing."))
        return
    stated: Datum | None = given.get("datum")
    if stated is None:
        if not any(problem.column == "坐标系" for problem in draft.row.problems):
            draft.fault(
                "坐标系",
                _(
                    "Say in a column 坐标系 what the coordinates refer to: CGCS2000, WGS84, GCJ-02 or BD-09. "
                    "The difference is up to a kilometre."
                ),
            )
        return
    if not draft.division_code:
        return
    try:
        ground = to_ground(lon, lat, stated, lambda x, y: not misplacement(draft.division_code, x, y))
    except UnusableCoordinates as error:
        draft.fault("经度", str(error))
        return
    reason = misplacement(draft.division_code, *ground)
    if reason:
        draft.fault("经度", reason)
        return
    accuracy = given.get("accuracy_m")
    draft.position = Position(*ground, None if accuracy is None else float(accuracy))
    if stated in (Datum.GCJ02, Datum.BD09) or abs(lon) > 360:
        draft.note(
            "经度",
            _("Converted to CGCS2000 from %(datum)s: %(lon).7f, %(lat).7f.")
            % {"datum": stated.value, "lon": ground[0], "lat": ground[1]},
        )


def _check_doubles(drafts: Iterable[_Draft], context: ImportContext) -> None:
    seen: dict[tuple[str, str], _Draft] = {}
    sentence = _("Row %(row)s of sheet “%(sheet)s” says the same thing.")
    for draft in drafts:
        place = ("", draft.code) if draft.code else (draft.division_code, fold(draft.address))
        if not place[1]:
            continue
        first = seen.setdefault(place, draft)
        if first is not draft:
            draft.fault("院落编号", sentence % {"row": first.row.number, "sheet": first.row.sheet})
            first.fault("院落编号", sentence % {"row": draft.row.number, "sheet": draft.row.sheet})
            continue
        for other in context.doubles.get(draft.code, ()) if draft.code else ():
            if (other.sheet, other.number) != (draft.row.sheet, draft.row.number):
                draft.fault("院落编号", sentence % {"row": other.number, "sheet": other.sheet})
                break


def _known(drafts: Sequence[_Draft], context: ImportContext) -> _Known:
    rows = Courtyard.objects.unscoped(_WHY).filter(county_id=context.county_id)
    found: dict[int, Courtyard] = {}
    codes = sorted({draft.code for draft in drafts if draft.code})
    for start in range(0, len(codes), _LOOK_UP):
        found.update((row.pk, row) for row in rows.filter(code__in=codes[start : start + _LOOK_UP]))
    by_address: dict[tuple[str, str], list[int]] = {}
    texts = sorted({draft.address for draft in drafts if draft.address})
    for start in range(0, len(texts), _LOOK_UP):
        addresses = StandardAddress.objects.unscoped(_WHY).filter(
            county_id=context.county_id, text__in=texts[start : start + _LOOK_UP], is_sample=context.is_sample
        )
        for pk, division_code, text_ in addresses.values_list("courtyard_id", "division_code", "text"):
            by_address.setdefault((division_code, text_), []).append(pk)
    wanted = sorted({pk for ids in by_address.values() for pk in ids} - found.keys())
    wanted += [
        draft.row.decided.record_id
        for draft in drafts
        if draft.row.decided is not None and draft.row.decided.record_id is not None
    ]
    for start in range(0, len(wanted), _LOOK_UP):
        found.update((row.pk, row) for row in rows.filter(pk__in=wanted[start : start + _LOOK_UP]))
    return _Known(
        {row.code: row for row in found.values()},
        {place: [found[pk] for pk in dict.fromkeys(ids)] for place, ids in by_address.items()},
        found,
        current_addresses(list(found)),
    )


def _verdict(draft: _Draft, known: _Known, context: ImportContext) -> RowVerdict:
    row = known.by_code.get(draft.code) if draft.code else None
    if row is not None and draft.division_code and row.division_code != draft.division_code:
        draft.fault(
            "院落编号",
            _("The county has a courtyard numbered %(code)s already, in %(division)s.")
            % {"code": draft.code, "division": divisions.pad(row.division_code)},
        )
    if row is not None and row.is_sample != context.is_sample:
        draft.fault("院落编号", _("A record of this name is there, and one of the two is a sample."))
    if draft.row.problems or draft.problems:
        return RowVerdict(Verdict.ERROR, draft.problems)
    if row is None:
        candidates = known.by_address.get((draft.division_code, draft.address), [])
        row, unclear = _by_address(draft, candidates, known)
        if unclear is not None:
            return unclear
    return _compared(draft, row, known)


def _by_address(
    draft: _Draft, candidates: Sequence[Courtyard], known: _Known
) -> tuple[Courtyard | None, RowVerdict | None]:
    """Find the courtyard of a row by its address: certain only when one has it and no other number is stated."""
    decided = draft.row.decided
    if decided is not None and decided.choice == Decision.AS_NEW:
        return None, None
    if decided is not None and decided.choice == Decision.USE_CANDIDATE and decided.record_id is not None:
        chosen = known.by_id.get(decided.record_id)
        if chosen is not None and chosen.division_code == draft.division_code:
            return chosen, None
    if not candidates:
        return None, None
    if len(candidates) == 1 and not draft.code:
        return candidates[0], None
    reason = (
        _("The address belongs to courtyard %(codes)s, the row says another number.")
        if len(candidates) == 1
        else _("Several courtyards have this address: %(codes)s.")
    ) % {"codes": ", ".join(one.code for one in candidates)}
    return None, RowVerdict(
        Verdict.AMBIGUOUS,
        [draft.row.problem("标准地址", reason)],
        candidates=[one.pk for one in candidates],
    )


def _compared(draft: _Draft, row: Courtyard | None, known: _Known) -> RowVerdict:
    given = draft.row.values
    values = {name: given[name] for name in _VALUES if given.get(name) is not None}
    address = _address(draft, None if row is None else known.addresses.get(row.pk))
    write = CourtyardWrite(draft.division_code, values, address, draft.position, row)
    if row is None:
        write.values["code"] = draft.code
        return RowVerdict(Verdict.NEW, draft.notes, plan=write)
    differences = [
        Difference(name, getattr(row, name), value)
        for name, value in values.items()
        if getattr(row, name) != value
    ]
    if address is not None:
        before = known.addresses.get(row.pk)
        differences += [
            Difference(name, getattr(before, column, ""), getattr(address, column))
            for name, column in (("address", "text"), ("house_number", "house_number"))
            if getattr(before, column, "") != getattr(address, column)
        ]
    if draft.position is not None:
        _compare_position(draft, draft.position, row, write, differences)
    return RowVerdict(Verdict.CHANGED if differences else Verdict.SAME, draft.notes, differences, write)


def _address(draft: _Draft, current: StandardAddress | None) -> AddressText | None:
    """Return the address that the row states; what it leaves empty stays as it is."""
    given = draft.row.values
    text_ = given.get("address") or (current.text if current is not None else "")
    number = given.get("house_number")
    if number is None:
        same = current is not None and current.text == text_
        number = current.house_number if same and current is not None else ""
    return AddressText(text_, number) if text_ else None


def _compare_position(
    draft: _Draft, position: Position, row: Courtyard, write: CourtyardWrite, differences: list[Difference]
) -> None:
    if row.wkb is None:
        differences.append(Difference("position", None, _said(position)))
        return
    shape = shapely.from_wkb(bytes(row.wkb))
    if shapely.get_dimensions(shape) > 0:
        write.position = None
        draft.note("经度", _("The courtyard has a surveyed outline; the coordinates are not needed."))
        return
    if _metres(shape.x, shape.y, position.lon, position.lat) > _SAME_M or (
        position.accuracy_m is not None and position.accuracy_m != row.accuracy_m
    ):
        before = Position(shape.x, shape.y, row.accuracy_m)
        differences.append(Difference("position", _said(before), _said(position)))
    else:
        write.position = None


def _said(position: Position) -> str:
    within = "" if position.accuracy_m is None else f" ±{position.accuracy_m:g} m"
    return f"{position.lon:.7f}, {position.lat:.7f}{within}"


def _metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    return hypot((other_lon - lon) * 111_320 * cos(radians(lat)), (other_lat - lat) * 110_900)


def _apply(
    judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
) -> list[RowLink]:
    writing = Writing(context.county_id, context.is_sample, context.actor, context.now)
    pending = [one for one in judged if one.verdict.verdict is not Verdict.SAME]
    writes: list[CourtyardWrite] = []
    for one in pending:
        write: Any = one.verdict.plan
        write.source_row_id = one.staged_id
        writes.append(write)
    _number(writes, context)
    ids = write_courtyards(writing=writing, writes=writes, recorder=context.recorder)
    return [
        RowLink(one.staged_id, KIND, pk)
        for one, pk in zip(pending, ids, strict=True)
        if one.staged_id is not None
    ]


def _number(writes: Sequence[CourtyardWrite], context: ImportContext) -> None:
    """Give new courtyards without a number the next free ones of their village."""
    last: dict[str, int] = {}
    for write in writes:
        if write.row is not None or write.values["code"]:
            continue
        start = f"{write.division_code}-L"
        if start not in last:
            used = (
                Courtyard.objects.unscoped(_WHY)
                .filter(county_id=context.county_id, code__startswith=start)
                .values_list("code", flat=True)
            )
            last[start] = max(
                (int(one[len(start) :]) for one in used if one[len(start) :].isdigit()), default=0
            )
        last[start] += 1
        write.values["code"] = f"{start}{last[start]:04d}"


COURTYARDS: Final = LedgerKind(
    key="courtyards",
    label=gettext_lazy("courtyards"),
    columns=COLUMNS,
    judge=_judge,
    apply=_apply,
    lock=_lock,
    take_back=take_back,
    # Such ledgers name the head of the household in a column more often than not.
    is_personal=True,
    block=village_of,
    identity=_identity,
)
