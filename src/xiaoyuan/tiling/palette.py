"""Colours of walls and roofs: lime and grey-white walls under slate and blue-steel roofs, chosen by id.

The hues are those of the design (slate #46525b, blue steel), lighter, because a renderer shades them darker.
The choice depends on nothing but the building's id and structure, so that a rebuild never repaints a village.
"""

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import AnyArray, Bytes

CONCRETE, BRICK_TIMBER, EARTH = 1, 2, 3
"""Codes of `BuildingSet.structure`; 0 is unknown."""

_LIME_WALLS = np.array(
    [(243, 239, 230), (240, 236, 226), (245, 244, 240), (232, 228, 219), (226, 224, 218), (238, 229, 210)],
    np.uint8,
)
_TIMBER_WALLS = np.array([(228, 216, 194), (238, 230, 212), (214, 198, 172), (222, 200, 176)], np.uint8)
_EARTH_WALLS = np.array([(206, 178, 134), (196, 164, 120), (214, 192, 152)], np.uint8)
_SLATE_ROOFS = np.array(
    [(104, 116, 125), (114, 124, 130), (96, 106, 114), (124, 129, 131), (118, 143, 164), (128, 151, 170)],
    np.uint8,
)
_OLD_ROOFS = np.array([(100, 103, 106), (108, 107, 104), (118, 113, 107)], np.uint8)
_FLAT_ROOFS = np.array([(172, 170, 163), (160, 158, 152), (182, 178, 170)], np.uint8)

PLINTH = np.array((150, 146, 137), np.uint8)
COPING = np.array((214, 211, 203), np.uint8)


def _mixed(cid: AnyArray, salt: int) -> NDArray[np.uint32]:
    """Well-mixed 32-bit integers of ids (Wellons, "hash prospector", lowbias32)."""
    x: NDArray[np.uint32] = cid.astype(np.uint32) ^ np.uint32(salt)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    out: NDArray[np.uint32] = x ^ (x >> np.uint32(16))
    return out


def _pick(colours: Bytes, mixed: NDArray[np.uint32]) -> Bytes:
    return np.asarray(colours[mixed % np.uint32(len(colours))], np.uint8)


def wall_colours(cid: AnyArray, structure: AnyArray) -> Bytes:
    """sRGB (n, 3) of the walls."""
    mixed = _mixed(cid, 0x9E3779B9)
    out = _pick(_LIME_WALLS, mixed)
    out = np.where((structure == BRICK_TIMBER)[:, None], _pick(_TIMBER_WALLS, mixed), out)
    return np.where((structure == EARTH)[:, None], _pick(_EARTH_WALLS, mixed), out)


def roof_colours(cid: AnyArray, structure: AnyArray) -> Bytes:
    """sRGB (n, 3) of pitched roofs."""
    mixed = _mixed(cid, 0x51ED270B)
    old = (structure == EARTH) | (structure == BRICK_TIMBER)
    return np.where(old[:, None], _pick(_OLD_ROOFS, mixed), _pick(_SLATE_ROOFS, mixed))


def flat_roof_colours(cid: AnyArray) -> Bytes:
    """sRGB (n, 3) of flat roofs."""
    return _pick(_FLAT_ROOFS, _mixed(cid, 0x2545F491))


def shaded(colours: Bytes, factor: float) -> Bytes:
    """The same colours, darker."""
    return np.asarray(np.rint(colours * factor), np.uint8)


def _linear_bytes() -> Bytes:
    values = np.arange(256) / 255.0
    out = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.rint(out * 255.0), np.uint8)


_LINEAR = _linear_bytes()


def linear(colours: Bytes) -> Bytes:
    """sRGB bytes as linear bytes, which is what a glTF vertex colour means (IEC 61966-2-1)."""
    return np.asarray(_LINEAR[colours])
