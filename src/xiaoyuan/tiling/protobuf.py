"""The little of Protocol Buffers' wire format that vector tiles need, on whole arrays where it counts.

Format: https://protobuf.dev/programming-guides/encoding/
"""

import struct

import numpy as np

from xiaoyuan.tiling.arrays import AnyArray, Bytes, Ints

VARINT, EIGHT_BYTES, DELIMITED = 0, 1, 2


def varint(value: int) -> bytes:
    """One unsigned integer."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint_lengths(values: AnyArray) -> Ints:
    """Bytes that each unsigned integer below 2^35 takes."""
    lengths = np.ones(len(values), np.int64)
    for bits in (7, 14, 21, 28):
        longer = values >= 1 << bits
        # Most numbers are small: the larger limits need not be looked at once nobody passes.
        if not longer.any():
            break
        lengths += longer
    return lengths


def varints(values: AnyArray) -> tuple[Bytes, Ints]:
    """Unsigned integers below 2^35, joined, and the length of each in bytes."""
    lengths = varint_lengths(values)
    ends = np.cumsum(lengths)
    out = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    starts = ends - lengths
    out[starts] = values & 127
    longer = np.flatnonzero(lengths > 1)
    rest, at = values[longer], starts[longer]
    while longer.size:
        out[at] |= 128
        at = at + 1
        rest = rest >> 7
        out[at] = rest & 127
        longer = np.flatnonzero(rest > 127)
        rest, at = rest[longer], at[longer]
    return out, lengths


def zigzag(values: AnyArray) -> AnyArray:
    """Signed integers as unsigned ones, small ones staying small."""
    sign: AnyArray = values >> (8 * values.itemsize - 1)
    return (values << 1) ^ sign


def number_field(field: int, value: int) -> bytes:
    """Field with an unsigned integer."""
    return varint(field << 3 | VARINT) + varint(value)


def bytes_field(field: int, data: bytes) -> bytes:
    """Field with a string, a nested message or packed numbers."""
    return varint(field << 3 | DELIMITED) + varint(len(data)) + data


def double_field(field: int, value: float) -> bytes:
    """Field with a floating-point number of 64 bits."""
    return varint(field << 3 | EIGHT_BYTES) + struct.pack("<d", value)
