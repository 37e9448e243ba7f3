"""The two small pictures that all near buildings share: a wall sheet with windows by storey, and roof tiles.

They are drawn here, in shades that the vertex colours tint, so that no image file needs a licence or a reader.
"""

import struct
import zlib
from functools import cache

import numpy as np

from xiaoyuan.tiling.arrays import Bytes

SHEET_ROWS = 4
PLAIN_ROW, UPPER_ROW, GROUND_ROW, DOOR_ROW = range(SHEET_ROWS)
"""Rows of the wall sheet: bare wall, windows, ground-floor windows, ground floor with a door in the middle bay."""
SHEET_BAYS = 3
"""Bays across the wall sheet; it repeats sideways."""
BAY_M = 3.3
ROOF_TILE_M = 2.4
"""Metres of roof that one repeat of the roof picture covers."""

_SIZE = 256
_ROW = _SIZE // SHEET_ROWS
_GLASS, _GLASS_LIGHT, _FRAME = (92, 112, 126), (138, 158, 170), (226, 224, 218)
_SILL, _DOOR, _DOOR_FRAME = (190, 186, 178), (122, 84, 60), (150, 108, 80)


def sheet_rows_v(row: int) -> tuple[float, float]:
    """Texture coordinates of the bottom and the top of a row, half a texel inside it."""
    half_texel = 0.5 / _SIZE
    return (row + 1) / SHEET_ROWS - half_texel, row / SHEET_ROWS + half_texel


@cache
def wall_sheet() -> bytes:
    """PNG of the wall sheet, 256 x 256."""
    sheet = np.full((_SIZE, _SIZE, 3), 255, np.uint8)
    for row in (UPPER_ROW, GROUND_ROW, DOOR_ROW):
        for bay in range(SHEET_BAYS):
            left, right = (round(_SIZE * edge / SHEET_BAYS) for edge in (bay, bay + 1))
            panel = sheet[row * _ROW : (row + 1) * _ROW, left:right]
            if row == DOOR_ROW and bay == SHEET_BAYS // 2:
                _draw_door(panel)
            else:
                _draw_window(panel, sill=44 if row == UPPER_ROW else 46)
        if row == UPPER_ROW:
            sheet[(row + 1) * _ROW - 3 : (row + 1) * _ROW] = (222, 220, 214)  # floor slab
        else:
            sheet[(row + 1) * _ROW - 7 : (row + 1) * _ROW] = (196, 192, 184)  # splash band
    return _png(sheet)


@cache
def roof_sheet() -> bytes:
    """PNG of roof tiles, 64 x 64: four courses, staggered joints."""
    sheet = np.full((64, 64), 238, np.uint8)
    for course in range(4):
        top = course * 16
        sheet[top : top + 2] = 168
        sheet[top + 2 : top + 4] = 205
        sheet[top + 12 : top + 16] = 248
        for joint in range(0, 64, 8):
            column = (joint + 4 * (course % 2)) % 64
            sheet[top : top + 16, column] = np.minimum(sheet[top : top + 16, column], 186)
    return _png(np.repeat(sheet[:, :, None], 3, axis=2))


@cache
def mean_tint(row: int) -> float:
    """Mean lightness 0..1 of a row, so that untextured far walls match textured near ones."""
    if row == PLAIN_ROW:
        return 1.0
    # About a quarter of a windowed wall is glass.
    return 0.88


def _draw_window(panel: Bytes, sill: int) -> None:
    width = panel.shape[1]
    left, right = width // 2 - 21, width // 2 + 21
    top = 16
    panel[top - 2 : sill + 2, left - 2 : right + 2] = _FRAME
    panel[top:sill, left:right] = _GLASS
    panel[top : top + 9, left:right] = _GLASS_LIGHT  # the sky in the upper panes
    panel[top:sill, width // 2 - 1 : width // 2 + 1] = _FRAME
    panel[top + 9 : top + 11, left:right] = _FRAME
    panel[sill + 2 : sill + 5, left - 4 : right + 4] = _SILL


def _draw_door(panel: Bytes) -> None:
    width = panel.shape[1]
    left, right = width // 2 - 24, width // 2 + 24
    panel[12:, left - 3 : right + 3] = _DOOR_FRAME
    panel[15:, left:right] = _DOOR
    panel[15:24, left:right] = _GLASS  # fanlight
    panel[23:25, left:right] = _DOOR_FRAME
    panel[15:, width // 2 - 1 : width // 2 + 1] = _DOOR_FRAME


def _png(pixels: Bytes) -> bytes:
    """RGB pixels (rows, columns, 3) as PNG (ISO/IEC 15948), every row with the filter "none"."""
    height, width, _ = pixels.shape
    raw = np.zeros((height, 1 + width * 3), np.uint8)
    raw[:, 1:] = pixels.reshape(height, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(raw.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
