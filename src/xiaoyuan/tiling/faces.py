"""Batches of equal-sided faces, and how they become the vertices and triangles of one drawing primitive."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Bytes, Floats, Ints


@dataclass(frozen=True)
class Faces:
    """n planar faces of k corners, convex, counter-clockwise seen from outside."""

    corners_m: Floats
    """(n, k, 3): metres east and north of the owner's anchor, and ellipsoidal height."""
    owner: Ints
    """(n): row of the building that a face belongs to."""
    colour: Bytes
    """(n, 3) sRGB."""
    uv: Floats
    """(n, k, 2) texture coordinates, v downwards."""


@dataclass(frozen=True)
class Primitive:
    """Vertices and triangles that are drawn with one material."""

    positions_m: Floats
    normals: Floats
    uv: Floats
    colour: Bytes
    owner: Ints
    triangles: Ints

    def __len__(self) -> int:
        return len(self.owner)


def face_normals(corners_m: Floats) -> Floats:
    """Unit normals (n, 3) of faces (n, k, 3) by Newell's method; zero for a face without area."""
    following = np.roll(corners_m, -1, axis=1)
    centre = corners_m.mean(1, keepdims=True)
    total = np.cross(corners_m - centre, following - centre).sum(1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12))


def planar_uv(corners_m: Floats, metres_per_repeat: float) -> Floats:
    """Texture coordinates (n, k, 2) of faces, in their own plane: u along the first edge, v up the slope."""
    origin = corners_m[:, :1]
    along = corners_m[:, 1] - corners_m[:, 0]
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    up = np.cross(face_normals(corners_m), along)
    offset = corners_m - origin
    u = np.einsum("nki,ni->nk", offset, along)
    v = -np.einsum("nki,ni->nk", offset, up)
    return np.stack([u, v], -1) / metres_per_repeat


def joined(batches: Sequence[Faces]) -> Primitive:
    """One primitive of all batches; faces without area are left out."""
    positions, normals, uv, colour, owner, triangles = [], [], [], [], [], []
    start = 0
    for batch in batches:
        normal = face_normals(batch.corners_m)
        solid = np.einsum("ni,ni->n", normal, normal) > 0.5
        corners = batch.corners_m[solid]
        count, sides = corners.shape[:2]
        positions.append(corners.reshape(-1, 3))
        normals.append(np.repeat(normal[solid], sides, axis=0))
        uv.append(batch.uv[solid].reshape(-1, 2))
        colour.append(np.repeat(batch.colour[solid], sides, axis=0))
        owner.append(np.repeat(batch.owner[solid], sides))
        fan = np.array([(0, corner, corner + 1) for corner in range(1, sides - 1)])
        first = start + np.arange(count) * sides
        triangles.append((first[:, None, None] + fan[None]).reshape(-1, 3))
        start += count * sides
    return Primitive(
        np.concatenate(positions) if positions else np.zeros((0, 3)),
        np.concatenate(normals) if normals else np.zeros((0, 3)),
        np.concatenate(uv) if uv else np.zeros((0, 2)),
        np.concatenate(colour) if colour else np.zeros((0, 3), np.uint8),
        np.concatenate(owner) if owner else np.zeros(0, np.int64),
        np.concatenate(triangles) if triangles else np.zeros((0, 3), np.int64),
    )
