"""The little of Protocol Buffers' wire format that vector tiles need, on whole arrays where it counts.

Format: https://protobuf.dev/programming-guides/encoding/
"""

import struct

import numpy as np

from xiaoyuan.tiling.arrays import Bytes, Ints

_LIMITS = 1 << np.array([7, 14, 21, 28], np.int64)
"""From each of these on a number takes one more byte."""
VARINT, EIGHT_BYTES, DELIMITED = 0, 1, 2


def varint(value: int) -> bytes:
    """One unsigned integer."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def varints(values: Ints) -> tuple[Bytes, Ints]:
    """Unsigned integers below 2^35, joined, and the length of each in bytes."""
    lengths: Ints = np.searchsorted(_LIMITS, values, side="right").astype(np.int64) + 1
    ends = np.cumsum(lengths)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    starts = ends - lengths
    for byte in range(5):
        has = lengths > byte
        more = np.where(lengths[has] > byte + 1, 128, 0)
        out[starts[has] + byte] = (values[has] >> (7 * byte)) & 127 | more
    return out, lengths


def zigzag(values: Ints) -> Ints:
    """Signed integers as unsigned ones, small ones staying small."""
    return (values << 1) ^ (values >> 63)


def number_field(field: int, value: int) -> bytes:
    """Field with an unsigned integer."""
    return varint(field << 3 | VARINT) + varint(value)


def bytes_field(field: int, data: bytes) -> bytes:
    """Field with a string, a nested message or packed numbers."""
    return varint(field << 3 | DELIMITED) + varint(len(data)) + data


def double_field(field: int, value: float) -> bytes:
    """Field with a floating-point number of 64 bits."""
    return varint(field << 3 | EIGHT_BYTES) + struct.pack("<d", value)
