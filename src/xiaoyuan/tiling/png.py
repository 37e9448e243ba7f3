"""Pictures as PNG files, written by numpy and a fast deflate: a terrain has thousands of them."""

import struct
import zlib

import numpy as np
from isal import isal_zlib

from xiaoyuan.tiling.arrays import Bytes

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 1
_UP = 2
"""The filter of every row: what it differs from the row above (PNG 1.2, 6.4)."""
_TRUE_COLOUR = 2


def rgb_png(pixels: Bytes) -> bytes:
    """PNG of (rows, columns, 3) red, green, blue."""
    rows, columns = pixels.shape[:2]
    lines = pixels.reshape(rows, columns * 3)
    filtered = np.empty((rows, 1 + columns * 3), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", columns, rows, 8, _TRUE_COLOUR, 0, 0, 0)
    packed = isal_zlib.compress(filtered.tobytes(), _LEVEL)
    return b"".join([_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", packed), _chunk(b"IEND", b"")])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
