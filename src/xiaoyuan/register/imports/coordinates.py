"""Where a file's numbers lie on the ground: its coordinate system is named, understood and brought to CGCS2000."""

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError

from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.gauss_zones import Reading, meridian_of, read_zone
from xiaoyuan.register.imports.map_shifts import ACCURACY_M, Points, Shift, unshifted
from xiaoyuan.register.imports.old_datums import UnknownOffset, change_to_cgcs2000
from xiaoyuan.register.imports.source_layers import Shapes
from xiaoyuan.register.queries.divisions import CHINA

CGCS2000: Final = pyproj.CRS.from_epsg(4490)
_SAME_AS_CGCS2000: Final = frozenset({4326, 4490, 4979, 4480})
"""WGS 84 agrees with CGCS2000 within some decimetres, less than map files are accurate."""
_DECIMALS: Final = 9
"""0.1 mm: below that, versions of the projection library differ and would look like changes."""
_SHIFTS: Final = {"gcj02": Shift.GCJ02, "bd09": Shift.BD09}
_NOISE: Final = re.compile(r"[\s_-]")


class MissingCoordinateSystem(RegisterError):
    """A layer whose place on the ground is unknown."""

    def __init__(self, file: str, layer: str, hint: str = "") -> None:
        super().__init__(
            _(
                "%(file)s, layer %(layer)s: no coordinate system is named, so its place on the ground is unknown. "
                "Name it with --source-crs EPSG:n if you know it for certain."
            )
            % {"file": file, "layer": layer}
            + (f" {hint}" if hint else "")
        )


class UnusableCoordinates(RegisterError):
    """A coordinate system, or coordinates, that cannot be right."""


@dataclass(frozen=True)
class Reference:
    """What coordinates refer to: a system, or a web map's shift on top of its degrees."""

    crs: pyproj.CRS
    shift: Shift | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.shift or self.crs.name)


@dataclass
class Ground:
    """Shapes in CGCS2000 degrees, the accuracy of the change in metres (None: unknown), what a person should know."""

    shapes: Shapes
    accuracy_m: float | None = None
    remarks: list[str] = field(default_factory=list)


def read_crs(text: str) -> Reference:
    """Return the coordinate system that an operator named, also GCJ-02 or BD-09; raises `UnusableCoordinates`."""
    shift = _SHIFTS.get(_NOISE.sub("", text).lower())
    if shift is not None:
        return Reference(CGCS2000, shift)
    try:
        return Reference(pyproj.CRS.from_user_input(text))
    except CRSError:
        raise UnusableCoordinates(
            _("“%(text)s” is no coordinate system; write it as EPSG:4544.") % {"text": text}
        ) from None


def is_named(crs: pyproj.CRS) -> bool:
    """Whether a coordinate system places anything: GeoPackage has two that mean "undefined"."""
    return (crs.to_2d().is_geographic or crs.is_projected) and "undefined" not in crs.name.lower()


def is_same_as_degrees(crs: pyproj.CRS) -> bool:
    """Whether a system is WGS 84 or CGCS2000 in degrees: what files say that hold shifted coordinates."""
    plain = crs.to_2d()
    return plain.to_epsg() in _SAME_AS_CGCS2000 or plain.equals(CGCS2000, ignore_axis_order=True)


def choose(file: str, layer: str, named: pyproj.CRS | None, given: Reference | None, hint: str) -> Reference:
    """Return what a layer refers to: what the file names, else what the operator gave.

    The operator overrules a file in two cases only: a web map's shift, of which files never know, and the parameters
    that bring an old datum to today's. Raises `MissingCoordinateSystem` or `UnusableCoordinates`.
    """
    crs = named if named is not None and is_named(named) else None
    if given is None:
        if crs is None:
            raise MissingCoordinateSystem(file, layer, hint)
        return Reference(crs)
    if crs is None or (given.shift and is_same_as_degrees(crs)) or (given.crs.is_bound and not given.shift):
        return given
    if given.shift or not crs.equals(given.crs, ignore_axis_order=True):
        raise UnusableCoordinates(
            _(
                "%(file)s, layer %(layer)s: the file says %(crs)s; --source-crs is only for files that say nothing."
            )
            % {"file": file, "layer": layer, "crs": crs.name}
        )
    return Reference(crs)


def to_ground(shapes: Shapes, reference: Reference, *, file: str, layer: str) -> Ground:
    """Return shapes in CGCS2000 degrees; raises `UnusableCoordinates` when the numbers are not of their system."""
    place = {"file": file, "layer": layer, "crs": reference.name}
    remarks: list[str] = []
    reading = read_zone(shapes, reference.crs)
    if reading.is_swapped:
        raise UnusableCoordinates(
            _("%(file)s, layer %(layer)s: easting and northing are swapped. Swap them and import again.")
            % place
        )
    if reading.contradicts:
        raise UnusableCoordinates(
            _(
                "%(file)s, layer %(layer)s: the file says %(crs)s, but its eastings begin with zone %(zone)d "
                "(meridian %(meridian)d°). Correct the one that is wrong."
            )
            % {**place, "zone": reading.zone, "meridian": meridian_of(reading.zone) or 0}
        )
    if reading.add_m:
        remarks.append(_zone_remark(reading, place))
    try:
        changed, accuracy_m = _degrees(shapes, reference.crs, reading.add_m)
    except UnknownOffset as unknown:
        raise UnusableCoordinates(
            _(
                "%(file)s, layer %(layer)s: %(datum)s lies 30 to 130 m off CGCS2000, differently in each county, "
                "and no published parameters cover this place. Have the surveying authority convert it to CGCS2000, or "
                "give its seven parameters as --source-crs “+proj=… +towgs84=…”."
            )
            % {**place, "datum": unknown.datum}
        ) from None
    if not are_degrees(changed):
        raise UnusableCoordinates(_not_degrees(changed, place, is_plain=is_same_as_degrees(reference.crs)))
    if reference.shift is not None:
        changed, accuracy_m = _without_shift(changed, reference.shift, place), ACCURACY_M
        remarks.append(
            _("Its coordinates were converted from %(crs)s to CGCS2000, accurate to %(metres)g m.")
            % {**place, "metres": accuracy_m}
        )
    return Ground(changed, accuracy_m, remarks)


def are_degrees(shapes: Shapes) -> bool:
    """Whether all coordinates lie within the ranges of longitude and latitude."""
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(np.isnan(west) or (west >= -180 and south >= -90 and east <= 180 and north <= 90))


def zone_hint(shapes: Shapes) -> str:
    """Return what eastings with a zone number in front say of a layer that names no system, or an empty text."""
    west, south, east, _north = (float(value) for value in shapely.total_bounds(shapes))
    zone = 0 if np.isnan(west) else int(west // 1_000_000)
    if (
        zone != int(0 if np.isnan(east) else east // 1_000_000)
        or meridian_of(zone) is None
        or south < 1_000_000
    ):
        return ""
    epsg = 4513 + zone - 25 if zone >= 25 else 4491 + zone - 13
    return _("Its eastings begin with %(zone)d: in CGCS2000 that is EPSG:%(epsg)d.") % {
        "zone": zone,
        "epsg": epsg,
    }


def _degrees(shapes: Shapes, crs: pyproj.CRS, add_m: float) -> tuple[Shapes, float | None]:
    plain = crs.to_2d()
    if plain.to_epsg() in _SAME_AS_CGCS2000:
        return shapes, None
    change, accuracy_m = change_to_cgcs2000(plain, shapes, add_m)

    def moved(points: Points) -> Points:
        lon, lat = change.transform(points[:, 0] + add_m, points[:, 1])
        return np.round(np.column_stack((lon, lat)), _DECIMALS)

    return shapely.transform(shapes, moved), accuracy_m


def _without_shift(shapes: Shapes, shift: Shift, place: dict[str, str]) -> Shapes:
    west, south, east, north = shapely.total_bounds(shapes)
    if west < CHINA[0] or south < CHINA[1] or east > CHINA[2] or north > CHINA[3]:
        raise UnusableCoordinates(
            _("%(file)s, layer %(layer)s: %(crs)s exists in China only, and these coordinates lie elsewhere.")
            % place
        )
    moved: Shapes = shapely.transform(shapes, lambda points: np.round(unshifted(points, shift), _DECIMALS))
    return moved


def _zone_remark(reading: Reading, place: dict[str, str]) -> str:
    if reading.zone:
        return _(
            "The file says %(crs)s, whose eastings have no zone number, but they begin with %(zone)d: "
            "read as zone %(zone)d."
        ) % {**place, "zone": reading.zone}
    return _("The file says %(crs)s, but its eastings lack the zone number: read without it.") % place


def _not_degrees(shapes: Shapes, place: dict[str, str], *, is_plain: bool) -> str:
    west, south, east, north = shapely.total_bounds(shapes)
    text = _("%(file)s, layer %(layer)s: its coordinates do not fit its coordinate system %(crs)s.") % place
    if is_plain and CHINA[1] <= west and east <= CHINA[3] and CHINA[0] <= south and north <= CHINA[2]:
        return f"{text} {_('Longitude and latitude are swapped.')}"
    hint = zone_hint(shapes) if is_plain else ""
    return f"{text} {hint}" if hint else text
