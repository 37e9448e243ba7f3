"""Drawing, changing and removing one place by hand: checked, counted, logged, undoable, and told to the scenes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import shapely
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.figures.actions import Delta
from xiaoyuan.register.actions.addresses import AddressText, current_addresses, is_current, write_addresses
from xiaoyuan.register.actions.changes import ChangeLog, Writing, logged, revised
from xiaoyuan.register.actions.counties import allocate_cids, ensure_county
from xiaoyuan.register.actions.indexing import index_households
from xiaoyuan.register.actions.place_changes import PlaceChanges, kind_of, standing
from xiaoyuan.register.actions.place_rows import counted
from xiaoyuan.register.actions.place_shapes import DECIMALS, fitted
from xiaoyuan.register.actions.place_values import MODELS as KINDS
from xiaoyuan.register.actions.place_values import checked
from xiaoyuan.register.choices import AddressStatus, LayerClass
from xiaoyuan.register.errors import RegisterError, RowChanged, ValueNeeded
from xiaoyuan.register.measuring import area_m2, length_m
from xiaoyuan.register.models import (
    Building,
    County,
    Courtyard,
    Household,
    Parcel,
    PlaceRow,
    Residence,
    Road,
    StandardAddress,
)
from xiaoyuan.register.queries.divisions import placing_bounds
from xiaoyuan.register.queries.locating import Located, locate
from xiaoyuan.register.spatial import meeting, shape_fields

DRAW: Final = "register.draw_place"
CHANGE: Final = "register.change_place"
REMOVE: Final = "register.remove_place"
_WHY: Final = "the row was opened through access; it is read again under the lock"
_SHAPE: Final = ("wkb", "min_lon", "min_lat", "max_lon", "max_lat")
_SAME_WITHIN: Final = 10.0**-DECIMALS
_OWN: Final = ("row_version", "updated_at")


class Outside(RegisterError):
    """A shape that lies in no division the editor answers for; the sentence says where it lies."""


class StillInUse(RegisterError):
    """A place that cannot be removed or moved elsewhere; the sentence says what holds it."""


@dataclass(frozen=True)
class Drawn:
    """What became of a place: the row as it is now, the revision that takes it back, sentences worth reading.

    `revision_id` is None when nothing differed and nothing was written.
    """

    row: Any
    revision_id: int | None
    remarks: tuple[str, ...] = ()


def draw_place(
    *,
    kind: str,
    division_code: str,
    geometry: Any,
    values: Mapping[str, Any],
    scope: Scope,
    actor: Actor,
    now: datetime,
    address: AddressText | None = None,
) -> Drawn:
    """Make a place of a shapely geometry in degrees (CGCS2000). `kind`: courtyard, building, parcel or road.

    It belongs to the division whose outline holds it, `division_code` where no outline says better. `scope` is where
    the editor may draw. Raises `ShapeUnfit`, `ValueUnfit`, `NotChangeable`, `Outside`, `RegisterError`.
    """
    shape = fitted(kind, geometry)
    given = checked(kind, values, is_new=True)
    with transaction.atomic():
        county = ensure_county(division_code)
        lock_changes(county.pk)
        county.refresh_from_db()
        located = _located(shape, division_code, county, scope)
        model = KINDS[kind]
        with revised(
            county_id=county.pk,
            division_code=located.code,
            is_sample=county.shows_sample,
            action=DRAW,
            actor=actor,
            now=now,
            kind=model._meta.label_lower,
        ) as writing:
            row = new_row(model, shape, located.code, given, writing)
            log, remarks = ChangeLog(), _crossings(located)
            _settle(row, shape, scope)
            insert_places([row], writing, log)
            assert writing.recorder is not None
            writing.recorder.revision.object_id = row.pk
            if isinstance(row, Courtyard):
                _adopt(row, shape, scope, writing, log, remarks)
            writing.book([*counted(row, 1)], log)
            _write_address(row, address, writing)
        return Drawn(row, writing.recorder.revision.pk, tuple(remarks))


def change_place(
    *,
    row: PlaceRow,
    row_version: int,
    scope: Scope,
    actor: Actor,
    now: datetime,
    geometry: Any = None,
    values: Mapping[str, Any] | None = None,
    address: AddressText | None = None,
) -> Drawn:
    """Give a place another shape, other values or another address; what is not given stays.

    Raises `RowChanged` and what `draw_place` raises.
    """
    kind = kind_of(type(row))
    shape = None if geometry is None else fitted(kind, geometry)
    given = checked(kind, values or {}, is_new=False)
    with transaction.atomic():
        current = locked_row(row, row_version)
        remarks: list[str] = []
        if shape is not None:
            given |= _reshaped(current, shape, scope, remarks)
        with revised(
            county_id=current.county_id,
            division_code=current.division_code,
            is_sample=current.is_sample,
            action=CHANGE,
            actor=actor,
            now=now,
            kind=current._meta.label_lower,
            object_id=current.pk,
        ) as writing:
            log = ChangeLog()
            if shape is not None and isinstance(current, Building) and "courtyard_id" not in given:
                given |= _courtyard_around(current, shape, scope)
            before, deltas = standing(current), [*counted(current, -1)]
            held = getattr(current, "courtyard_id", None)
            if update_place(current, given, writing, log):
                if getattr(current, "courtyard_id", None) != held:
                    _check_courtyard(current, scope)
                note_places([(before, current)], writing)
                deltas += counted(current, 1)
                if shape is not None and isinstance(current, Courtyard):
                    _adopt(current, shape, scope, writing, log, remarks)
                writing.book(deltas, log)
            _write_address(current, address, writing)
        return Drawn(current, _kept_revision(writing), tuple(remarks))


def remove_place(*, row: PlaceRow, row_version: int, reason: str, actor: Actor, now: datetime) -> Drawn:
    """End a place: from today it is on no map and in no figure; its record and its number stay.

    A courtyard where people live or whose plate is in use stays. Raises `RowChanged`, `StillInUse`, `ValueNeeded`.
    """
    why = " ".join(reason.split())[:200]
    if not why:
        raise ValueNeeded(_("why it is removed"))
    with transaction.atomic():
        current = locked_row(row, row_version)
        if isinstance(current, Courtyard):
            refuse_held(current)
        with revised(
            county_id=current.county_id,
            division_code=current.division_code,
            is_sample=current.is_sample,
            action=REMOVE,
            actor=actor,
            now=now,
            kind=current._meta.label_lower,
            object_id=current.pk,
            reason=why,
        ) as writing:
            log = ChangeLog()
            deltas = close_place(current, writing, log)
            if isinstance(current, Courtyard):
                _release(current, writing, log)
            writing.book(deltas, log)
        return Drawn(current, _kept_revision(writing))


def locked_row(row: PlaceRow, row_version: int) -> Any:
    """Take the county's lock and read a row afresh; raises `RowChanged`."""
    lock_changes(row.county_id)
    current: Any = type(row).objects.unscoped(_WHY).filter(pk=row.pk, valid_until__isnull=True).first()
    if current is None or current.row_version != row_version:
        raise RowChanged
    return current


def new_row(
    model: type[PlaceRow], shape: Any, division_code: str, values: Mapping[str, Any], writing: Writing
) -> Any:
    """Return a new row with its number and sizes, not written yet."""
    cid = allocate_cids(County.objects.get(pk=writing.county_id), 1)[0]
    return model(
        **writing.home(division_code, None), cid=cid, **shape_fields(shape), **sizes(model, shape), **values
    )


def insert_places(rows: list[Any], writing: Writing, log: ChangeLog) -> None:
    """Write new rows, log them and tell the scenes."""
    for row in rows:
        writing.create(type(row), [row])
        log.created(row._meta.label_lower, row.pk, None)
    note_places([(None, row) for row in rows], writing)


def sizes(model: type[PlaceRow], shape: Any) -> dict[str, float]:
    """Return the measured columns of a table for a shape."""
    if model is Parcel:
        return {"area_m2": area_m2(shape)}
    return {"length_m": length_m(shape)} if model is Road else {}


def update_place(row: Any, values: Mapping[str, Any], writing: Writing, log: ChangeLog) -> bool:
    """Set what differs, write and log it; returns whether anything did. Shapes are logged as hexadecimal WKB."""
    kind, changed = row._meta.label_lower, []
    for name, value in values.items():
        before = getattr(row, name)
        if name == "wkb":
            before = None if before is None else bytes(before)
        if before == value:
            continue
        setattr(row, name, value)
        changed.append(name)
        if name not in _SHAPE[1:]:
            log.changed(kind, row.pk, name, _said(before), _said(value), None)
    if changed:
        writing.touch(row)
        assert writing.recorder is not None
        writing.recorder.changing(type(row), [row.pk])
        row.save(update_fields=[*_columns(row, changed), *_OWN])
    return bool(changed)


def close_place(row: Any, writing: Writing, log: ChangeLog) -> list[Delta]:
    """End a row today and tell the scenes; returns what the figures lose."""
    before, deltas = standing(row), [*counted(row, -1)]
    update_place(row, {"valid_until": writing.today}, writing, log)
    note_places([(before, row)], writing)
    return deltas


def note_places(pairs: Iterable[tuple[Mapping[str, Any] | None, PlaceRow]], writing: Writing) -> None:
    """Tell the scenes of rows by where they stood before (None: new)."""
    assert writing.recorder is not None
    places = PlaceChanges()
    for before, row in pairs:
        places.add(kind_of(type(row)), before, standing(row))
    places.write(county_id=writing.county_id, revision_id=writing.recorder.revision.pk, at=writing.now)


def refuse_held(courtyard: Courtyard) -> None:
    """Raise `StillInUse` when people live in a courtyard or something else holds it, a plate for example."""
    households = Household.objects.unscoped(_WHY).filter(
        courtyard=courtyard, closed_on__isnull=True, merged_into__isnull=True
    )
    if count := households.count():
        raise StillInUse(
            _("%(count)d households live in this courtyard. Move them to another courtyard first.")
            % {"count": count}
        )
    if Residence.objects.unscoped(_WHY).filter(courtyard=courtyard, until__isnull=True).exists():
        raise StillInUse(_("People are registered as living in this courtyard. Move them first."))
    holders = cast(tuple[Callable[[Courtyard], str], ...], import_string(settings.COURTYARD_HOLDERS))
    for holder in holders:
        if sentence := holder(courtyard):
            raise StillInUse(sentence)


def _located(shape: Any, assumed: str, county: County, scope: Scope) -> Located:
    located = locate(shape, county_code=county.code, assumed=assumed)
    if located is None:
        raise Outside(_("The place lies outside %(name)s.") % {"name": placing_bounds(assumed).name})
    if not scope.contains_division(located.code):
        raise Outside(_("The place lies in %(name)s, where you may not draw.") % {"name": located.name})
    return located


def _reshaped(row: Any, shape: Any, scope: Scope, remarks: list[str]) -> dict[str, Any]:
    """Return the columns of another shape; the row moves to another division when it leaves its own."""
    known = None if row.wkb is None else shapely.from_wkb(bytes(row.wkb))
    if known is not None and shapely.equals_exact(known, shape, _SAME_WITHIN):
        return {}
    county = County.objects.get(pk=row.county_id)
    located = _located(shape, row.division_code, county, scope)
    values = {**shape_fields(shape), **sizes(type(row), shape)}
    if located.code == row.division_code or row.division_code in dict(located.crossed):
        remarks += _crossings(located, keeps=row.division_code)
        return values
    if isinstance(row, Courtyard):
        raise Outside(
            _("A courtyard stays in its village: this place lies in %(name)s. Draw a new one there.")
            % {"name": located.name}
        )
    remarks.append(_("It lies in %(name)s now and is recorded there.") % {"name": located.name})
    return {**values, "division_code": located.code}


def _crossings(located: Located, keeps: str = "") -> list[str]:
    """Say which borders a place crosses."""
    names = [name for code, name in located.crossed if code != keeps]
    if keeps and keeps != located.code:
        names.append(located.name)
    if not names:
        return []
    own = dict(located.crossed).get(keeps, located.name) if keeps else located.name
    return [
        _("It reaches across the border into %(others)s; it is recorded in %(name)s.")
        % {"others": "、".join(sorted(names)), "name": own}
    ]


def _settle(row: Any, shape: Any, scope: Scope) -> None:
    """Give a new courtyard its number and a new building its courtyard."""
    if isinstance(row, Courtyard):
        row.code = row.code or f"{row.division_code}-{row.cid}"
        taken = Courtyard.objects.unscoped(_WHY).filter(county_id=row.county_id, code=row.code)
        if taken.exists():
            raise RegisterError(
                _("The county has a courtyard numbered %(code)s already.") % {"code": row.code}
            )
    elif isinstance(row, Building):
        if row.courtyard_id is None:
            for name, value in _courtyard_around(row, shape, scope).items():
                setattr(row, name, value)
        _check_courtyard(row, scope)


def _courtyard_around(building: Building, shape: Any, scope: Scope) -> dict[str, Any]:
    """Return the courtyard that holds a building which names none; nothing when none does or it names one."""
    if building.courtyard_id is not None:
        return {}
    rows = _within_reach(Courtyard, building, scope).filter(wkb__isnull=False)
    around = [row for row in meeting(rows, shapely.point_on_surface(shape)) if _is_area(row)]
    return {"courtyard_id": around[0].pk} if around else {}


def _check_courtyard(row: Any, scope: Scope) -> None:
    if not isinstance(row, Building) or row.courtyard_id is None:
        return
    if not _within_reach(Courtyard, row, scope).filter(pk=row.courtyard_id).exists():
        raise RegisterError(_("There is no such courtyard any more. Choose another one."))


def _within_reach(model: type[PlaceRow], beside: PlaceRow, scope: Scope) -> Any:
    """Return the places in force that an editor may join to another: what they may not edit stays as it is."""
    rows: Any = model.objects.within(scope)
    return rows.filter(
        county_id=beside.county_id, is_sample=beside.is_sample, valid_until__isnull=True
    ).exclude(layer_class=LayerClass.RESTRICTED)


def _adopt(
    courtyard: Courtyard, shape: Any, scope: Scope, writing: Writing, log: ChangeLog, remarks: list[str]
) -> None:
    """Give a courtyard the buildings that stand in it and belong to none yet."""
    if shapely.get_dimensions(shape) < 2:
        return
    rows = _within_reach(Building, courtyard, scope).filter(courtyard__isnull=True)
    inside = [
        row
        for row in meeting(rows, shape)
        if shapely.intersects(shape, shapely.point_on_surface(shapely.from_wkb(bytes(row.wkb))))
    ]
    for row in inside:
        update_place(row, {"courtyard_id": courtyard.pk}, writing, log)
    if inside:
        remarks.append(_("%(count)d buildings that stand in it belong to it now.") % {"count": len(inside)})


def _release(courtyard: Courtyard, writing: Writing, log: ChangeLog) -> None:
    """Free the buildings of a courtyard that ends; its address becomes a former one."""
    for building in Building.objects.unscoped(_WHY).filter(courtyard=courtyard, valid_until__isnull=True):
        update_place(building, {"courtyard_id": None}, writing, log)
    current = StandardAddress.objects.unscoped(_WHY).filter(courtyard=courtyard, status=AddressStatus.CURRENT)
    for address in current:
        update_place(address, {"status": AddressStatus.FORMER}, writing, log)


def _write_address(row: Any, address: AddressText | None, writing: Writing) -> None:
    if address is None or not isinstance(row, Courtyard):
        return
    if not address.text or is_current(address, current_addresses([row.pk]).get(row.pk)):
        return
    write_addresses(
        addresses={row.pk: address},
        division_codes={row.pk: row.division_code},
        staged_ids={row.pk: None},
        writing=writing,
        recorder=writing.recorder,
    )
    households = Household.objects.unscoped(_WHY).filter(courtyard=row)
    index_households(row.county_id, households.values_list("pk", flat=True))


def _kept_revision(writing: Writing) -> int | None:
    recorder = writing.recorder
    return None if recorder is None or recorder.is_empty else recorder.revision.pk


def _columns(row: Any, names: Iterable[str]) -> list[str]:
    """Return the fields to save for attribute names: `courtyard_id` is the field `courtyard`."""
    return [field.name for field in row._meta.concrete_fields if field.attname in set(names)]


def _is_area(row: Any) -> bool:
    return bool(shapely.get_dimensions(shapely.from_wkb(bytes(row.wkb))) == 2)


def _said(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else logged(value)
