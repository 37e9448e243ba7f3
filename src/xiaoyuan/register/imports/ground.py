"""Two numbers of a ledger's row to a place on the ground: degrees of a named datum, or projected CGCS2000 metres."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

import pyproj
from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import Cell, as_text
from xiaoyuan.intake.errors import CellError
from xiaoyuan.lib.map_datums import Degrees, wgs84_from_bd09, wgs84_from_gcj02
from xiaoyuan.lib.text import fold
from xiaoyuan.register.imports.coordinates import UnusableCoordinates


class Datum(StrEnum):
    """What a ledger's coordinates refer to."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


DATUM_WORDS: Final[dict[str, Datum]] = {
    "cgcs2000": Datum.CGCS2000, "国家2000": Datum.CGCS2000, "国家大地2000": Datum.CGCS2000,
    "2000国家大地坐标系": Datum.CGCS2000, "大地2000": Datum.CGCS2000, "2000坐标系": Datum.CGCS2000,
    "2000": Datum.CGCS2000, "天地图": Datum.CGCS2000, "wgs84": Datum.WGS84, "gps": Datum.WGS84, "84": Datum.WGS84,
    "84坐标系": Datum.WGS84, "北斗": Datum.CGCS2000, "gcj02": Datum.GCJ02, "火星": Datum.GCJ02,
    "火星坐标系": Datum.GCJ02, "国测局": Datum.GCJ02, "高德": Datum.GCJ02, "腾讯": Datum.GCJ02,
    "bd09": Datum.BD09, "百度": Datum.BD09, "百度坐标系": Datum.BD09,
}  # fmt: skip
_NOISE: Final = re.compile(r"[\s\-_()（）]|epsg:?4490|epsg:?4326|(?:大地)?坐标系?统?$|地图$")
_SEXAGESIMAL: Final = re.compile(
    r"(?:东经|北纬|[en])?(\d{1,3})[°度:](\d{1,2})['′分:](?:(\d{1,2}(?:\.\d+)?)(?:[\"″秒]|''|′′)?)?[en]?"
)
_DECIMAL: Final = re.compile(r"(?:东经|北纬|[en])?(-?\d+(?:\.\d+)?)[°度]?[en]?")
_NORTHINGS: Final = (1_000_000.0, 6_000_000.0)
"""From the ninth to the fifty-fourth degree of latitude: no easting is of this size."""
_EASTINGS: Final = (100_000.0, 900_000.0)
_MILLION: Final = 1_000_000
_SIX_DEGREES: Final = range(13, 24)
_THREE_DEGREES: Final = range(25, 46)
_MERIDIANS: Final = range(75, 136, 3)

Fits = Callable[[float, float], bool]
"""Whether longitude and latitude can be in the division."""


def coordinate(cell: Cell, today: date) -> float | None:
    """A number of degrees or metres, also as 105°17′24.5″ or 东经105.29."""
    text = fold(as_text(cell)).replace(",", "").replace("’", "'").replace("”", '"').replace(" ", "").lower()
    if not text:
        return None
    if found := _DECIMAL.fullmatch(text):
        return float(found[1])
    if found := _SEXAGESIMAL.fullmatch(text):
        minutes, seconds = float(found[2]), float(found[3] or 0)
        if minutes < 60 and seconds < 60:
            return float(found[1]) + minutes / 60 + seconds / 3600
    raise CellError(_("This is no coordinate: write degrees like 105.290312, or metres."))


def datum(cell: Cell, today: date) -> Datum | None:
    """The datum that a ledger names."""
    text = fold(as_text(cell)).lower()
    if not text:
        return None
    plain = _NOISE.sub("", text)
    found = DATUM_WORDS.get(text) or DATUM_WORDS.get(plain)
    if found is None:
        # "BD-09(百度)": several words are fine as long as they mean one thing.
        meant = {one for word, one in DATUM_WORDS.items() if word in plain and not word.isdigit()}
        found = meant.pop() if len(meant) == 1 else None
    if found is None:
        raise CellError(_("Write CGCS2000, WGS84, GCJ-02 (高德, 腾讯) or BD-09 (百度)."))
    return found


def to_ground(x: float, y: float, given: Datum, fits: Fits) -> Degrees:
    """Return longitude and latitude in CGCS2000 for the two numbers of a row.

    Metres are told by their size, eastings with a zone number in front too; without one, the central meridian is the
    one that puts the point into the division. Raises `UnusableCoordinates`.
    """
    if abs(x) > 360 or abs(y) > 360:
        return _from_metres(x, y, given, fits)
    if given is Datum.GCJ02:
        return wgs84_from_gcj02(x, y)
    if given is Datum.BD09:
        return wgs84_from_bd09(x, y)
    return x, y


def _from_metres(x: float, y: float, given: Datum, fits: Fits) -> Degrees:
    if given is not Datum.CGCS2000:
        raise UnusableCoordinates(_("Coordinates in metres are read as CGCS2000 only."))
    # Surveyors call the northing X, mapping programs Y: their sizes tell them apart.
    east, north = (y, x) if _NORTHINGS[0] <= x <= _NORTHINGS[1] else (x, y)
    zone, rest = divmod(east, _MILLION)
    if not _NORTHINGS[0] <= north <= _NORTHINGS[1] or not _EASTINGS[0] <= rest <= _EASTINGS[1]:
        raise UnusableCoordinates(_("These are neither degrees nor metres of a CGCS2000 zone."))
    found = list(dict.fromkeys(_candidates(int(zone), rest, north, fits)))
    if len(found) != 1:
        raise UnusableCoordinates(
            _(
                "The zone of these metres cannot be told. Write the easting with its zone number, like 35529000."
            )
        )
    return found[0]


def _candidates(zone: int, east: float, north: float, fits: Fits) -> Iterable[Degrees]:
    if zone in _THREE_DEGREES:
        yield _unprojected(4534 + zone - 25, east, north)
    elif zone in _SIX_DEGREES:
        yield _unprojected(4534 + ((6 * zone - 3) - 75) // 3, east, north)
    elif zone == 0:
        for at, _meridian in enumerate(_MERIDIANS):
            point = _unprojected(4534 + at, east, north)
            if fits(*point):
                yield point


def _unprojected(epsg: int, east: float, north: float) -> Degrees:
    lon, lat = _transformer(epsg).transform(east, north)
    return round(float(lon), 9), round(float(lat), 9)


@lru_cache(maxsize=32)
def _transformer(epsg: int) -> pyproj.Transformer:
    """From a zone of three degrees, eastings without its number, to degrees; always_xy: easting first."""
    return pyproj.Transformer.from_crs(f"EPSG:{epsg}", "EPSG:4490", always_xy=True)
