"""One terrain tile as bytes of the quantized-mesh 1.0 format, which CesiumJS and others read.

Format: https://github.com/CesiumGS/quantized-mesh
"""

import struct

import numpy as np

from xiaoyuan.tiling.arrays import Bounds, Bytes, Floats, Ints
from xiaoyuan.tiling.ellipsoid import SEMI_MAJOR_M, SEMI_MINOR_M, to_ecef

FULL = 32767
"""Largest quantised coordinate: the east or north rim, or the greatest height."""
_NORMALS_EXTENSION = 1
_RADII = np.array([SEMI_MAJOR_M, SEMI_MAJOR_M, SEMI_MINOR_M])


def encode(bounds: Bounds, u: Ints, v: Ints, heights_m: Floats, normals: Floats, triangles: Ints) -> bytes:
    """Bytes of a tile.

    bounds: of the tile in degrees; u, v: 0..32767 from west and south, (n); heights_m (n); normals: earth-centred
    unit vectors (n, 3); triangles: indices (t, 3), counter-clockwise from above. Vertices are reordered.
    """
    order, triangles = _by_first_use(triangles)
    u, v, heights_m, normals = u[order], v[order], heights_m[order], normals[order]
    lowest, highest = float(heights_m.min()), float(heights_m.max())
    quantised = np.rint((heights_m - lowest) * (FULL / max(highest - lowest, 1e-6))).astype(np.int64)
    wide = len(u) > 65536
    parts = [
        _header(bounds, u, v, heights_m, lowest, highest),
        struct.pack("<I", len(u)),
        *(_zigzag_deltas(column).astype("<u2").tobytes() for column in (u, v, quantised)),
    ]
    index_type = "<u4" if wide else "<u2"
    if wide:
        parts.append(b"\0" * (-sum(map(len, parts)) % 4))
    parts += [
        struct.pack("<I", len(triangles)),
        _high_water_mark(triangles.ravel()).astype(index_type).tobytes(),
    ]
    # Rims in the order west, south, east, north; the viewer hangs skirts on them.
    for rim, along in ((u == 0, v), (v == 0, u), (u == FULL, v), (v == FULL, u)):
        members = np.flatnonzero(rim)
        members = members[np.argsort(along[members], kind="stable")]
        parts += [struct.pack("<I", len(members)), members.astype(index_type).tobytes()]
    encoded = oct_encode(normals).tobytes()
    parts += [struct.pack("<BI", _NORMALS_EXTENSION, len(encoded)), encoded]
    return b"".join(parts)


def oct_encode(vectors: Floats) -> Bytes:
    """Unit vectors (n, 3) folded onto an octahedron, (n, 2) bytes. Meyer et al., "On Floating-Point Normal
    Vectors" (2010).
    """
    flat = vectors / np.abs(vectors).sum(1, keepdims=True)
    folded = (1.0 - np.abs(flat[:, 1::-1])) * np.where(flat[:, :2] < 0, -1.0, 1.0)
    planar = np.where(flat[:, 2:] < 0, folded, flat[:, :2])
    return np.asarray(np.rint((np.clip(planar, -1, 1) * 0.5 + 0.5) * 255), np.uint8)


def _by_first_use(triangles: Ints) -> tuple[Ints, Ints]:
    """Old vertex numbers in the order triangles first name them, and the triangles in new numbers."""
    values, first, inverse = np.unique(triangles.ravel(), return_index=True, return_inverse=True)
    by_use = np.argsort(first, kind="stable")
    rank = np.empty_like(by_use)
    rank[by_use] = np.arange(len(by_use))
    return values[by_use], rank[inverse].reshape(-1, 3)


def _high_water_mark(indices: Ints) -> Ints:
    """Each index as its distance below the smallest number not yet used."""
    highest = np.maximum.accumulate(indices)
    unused = np.concatenate([[0], highest[:-1] + 1])
    return unused - indices


def _zigzag_deltas(values: Ints) -> Ints:
    deltas = np.diff(values, prepend=0)
    return (deltas << 1) ^ (deltas >> 63)


def _header(bounds: Bounds, u: Ints, v: Ints, heights: Floats, lowest: float, highest: float) -> bytes:
    west, south, east, north = bounds
    lon = west + (east - west) * u / FULL
    lat = south + (north - south) * v / FULL
    positions = to_ecef(lon, lat, heights)
    middle = (lowest + highest) / 2
    centre = to_ecef(np.asarray((west + east) / 2), np.asarray((south + north) / 2), np.asarray(middle))
    radius = float(np.sqrt(((positions - centre) ** 2).sum(1).max()))
    return struct.pack(
        "<3d2f4d3d", *centre, lowest, highest, *centre, radius, *_horizon_occlusion_point(centre, positions)
    )


def _horizon_occlusion_point(centre: Floats, positions: Floats) -> Floats:
    """Point, in ellipsoid radii, below the horizon only when the whole tile is.

    https://cesium.com/blog/2013/05/09/computing-the-horizon-occlusion-point/
    """
    towards = centre / _RADII
    towards = towards / np.linalg.norm(towards)
    scaled = positions / _RADII
    length = np.maximum(np.linalg.norm(scaled, axis=1), 1.0)
    direction = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    cos_alpha = direction @ towards
    sin_alpha = np.linalg.norm(np.cross(direction, towards), axis=1)
    cos_beta = 1.0 / length
    sin_beta = np.sqrt(length * length - 1.0) * cos_beta
    nearness = (cos_alpha * cos_beta - sin_alpha * sin_beta).min()
    # A tile as wide as a hemisphere has no such point: one far out never counts as hidden.
    return np.asarray(towards * (1.0 / nearness if nearness > 0.01 else 100.0))
