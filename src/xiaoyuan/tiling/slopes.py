"""Hip roofs over footprints that no rectangles cover, as meshes of many buildings at once.

How to raise them: with ``rise = min(SLOPE, HIGHEST_RISE_M / peak_m[part])`` a point lies at ``wall top + rise *
height``. Far off `points_m` are the corners (the roof ends at the walls), near by `overhang_m` (with eaves, whose
heights are below 0); the triangles are the same. The way up the slope from the rim to a point is as long in every
face it belongs to, so that faces may share it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import AnyArray, Flags, Floats, Ints, run_starts
from xiaoyuan.tiling.rings import Rings, clip_ears, starts_of
from xiaoyuan.tiling.skeleton import AREA_SHARE, MOST_VERTICES, PLANE_M, straight_skeleton

EAVES_SHARE, LEAST_EAVES_M, MOST_EAVES_M = 0.32, 0.25, 0.7
"""Eaves are wide in proportion to the way from the wall to the ridge."""
_LONGEST_TIP_M = 1.5
"""How far the eaves at a sharp corner may reach: all eaves of such a roof are narrower."""


@dataclass(frozen=True)
class Slopes:
    """Hip roofs of slope 1 over some of p polygons: v points and t triangles; metres east, north, above wall top."""

    points_m: Floats
    """(v, 3): of each roof first the vertices of its rings, at height 0, then those of hips, valleys and ridges."""
    overhang_m: Floats
    """(v, 3): the same, but the vertices of the rings moved out and down to the rim of the eaves."""
    part: Ints
    """(v): number of the polygon, ascending."""
    triangles: Ints
    """(t, 3): points, counter-clockwise from above, in the order of the polygons."""
    peak_m: Floats
    """(p): height of the highest point; 0 for a polygon without such a roof, which must stay flat."""

    @property
    def roofable(self) -> Flags:
        """(p): whether a polygon got a roof."""
        return self.peak_m > 0


def find_slopes(rings: Rings, wanted: Flags) -> Slopes:
    """Hip roofs over the `wanted` (p) polygons: metres, shells counter-clockwise, holes clockwise.

    A polygon of more than MOST_VERTICES vertices gets none, nor one whose faces do not tile it.
    """
    points, faces, face_part, found = _skeletons(rings, wanted)
    point_part = np.repeat(found, [len(own) for own in points])
    first = starts_of(np.array([len(own) for own in points], np.int64))
    joined = np.concatenate([np.zeros((0, 3)), *points])
    triangles, of_face, is_sound = _filled(faces, joined)
    # A roof is as good as its worst face.
    area = _areas(joined[:, :2], triangles)
    covered = np.bincount(face_part[of_face], area, minlength=len(rings))
    whole = np.abs(covered - rings.areas_m2) <= AREA_SHARE * rings.areas_m2
    whole[face_part[~is_sound]] = False
    peak = np.zeros(len(rings))
    if len(found):
        peak[found] = np.where(whole[found], np.maximum.reduceat(joined[:, 2], first[:-1]), 0.0)
    keep, keep_triangle = peak[point_part] > 0, peak[face_part[of_face]] > 0
    new = np.cumsum(keep) - 1
    joined, point_part, triangles = joined[keep], point_part[keep], new[triangles[keep_triangle]]
    roofed = np.flatnonzero(peak > 0)
    overhang = _overhung(rings.take(roofed), peak[roofed], joined, point_part, triangles)
    return Slopes(joined, overhang, point_part, triangles, peak)


def _skeletons(rings: Rings, wanted: Flags) -> tuple[list[Floats], list[list[int]], Ints, Ints]:
    """Points of each roof, all faces by numbers of the joined points, their polygons, and the polygons with a roof."""
    points: list[Floats] = []
    faces: list[list[int]] = []
    face_part: list[int] = []
    found: list[int] = []
    count = 0
    for part in np.flatnonzero(wanted).tolist():
        cuts = rings.ring_start[rings.part_start[part] : rings.part_start[part + 1] + 1].tolist()
        if cuts[-1] - cuts[0] > MOST_VERTICES:
            continue
        skeleton = straight_skeleton([rings.points_m[a:b] for a, b in pairwise(cuts)])
        if skeleton is None:
            continue
        points.append(skeleton.nodes)
        faces += [[node + count for node in face] for face in skeleton.faces]
        face_part += [part] * len(skeleton.faces)
        found.append(part)
        count += len(skeleton.nodes)
    return points, faces, np.array(face_part, np.int64), np.array(found, np.int64)


def _filled(faces: list[list[int]], points: Floats) -> tuple[Ints, Ints, Flags]:
    """Triangles (t, 3), their faces (t), ascending, and whether each face is plane and could be filled."""
    size = np.fromiter(map(len, faces), np.int64, len(faces))
    is_sound = np.zeros(len(faces), bool)
    triangles, numbers = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)]
    for corners in np.unique(size[size >= 3]).tolist():
        members = np.flatnonzero(size == corners)
        index = np.array([faces[member] for member in members.tolist()])
        local, is_filled = clip_ears(points[index, :2])
        is_sound[members] = is_filled & _is_plane(points[index])
        triangles.append(index[np.arange(len(members))[:, None, None], local].reshape(-1, 3))
        numbers.append(np.repeat(members, corners - 2))
    number = np.concatenate(numbers)
    order = np.argsort(number, kind="stable")
    return np.concatenate(triangles)[order], number[order], is_sound


def _is_plane(corners: Floats) -> Flags:
    """(k): whether the heights of faces (k, n, 3) are the distances from their first sides."""
    along = corners[:, 1, :2] - corners[:, 0, :2]
    length = np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1])[:, None]
    offset = corners[..., :2] - corners[:, :1, :2]
    height = (along[:, :1] * offset[..., 1] - along[:, 1:] * offset[..., 0]) / length
    return np.asarray((np.abs(height - corners[..., 2]) <= PLANE_M).all(1))


def _areas(points: Floats, triangles: Ints) -> Floats:
    a, b, c = points[triangles[:, 0]], points[triangles[:, 1]], points[triangles[:, 2]]
    first, second = b - a, c - a
    return np.asarray((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2)


def _overhung(rings: Rings, peak_m: Floats, points: Floats, point_part: Ints, triangles: Ints) -> Floats:
    """Points (v, 3) with the vertices of the q roofed polygons moved out, as far as their eaves have room."""
    if not len(rings):
        return points.copy()
    outward, owner = _outward(rings), rings.point_part
    reach = np.sqrt(outward[:, 0] * outward[:, 0] + outward[:, 1] * outward[:, 1])
    longest = np.maximum.reduceat(reach, run_starts(owner))
    wide = np.clip(EAVES_SHARE * peak_m, LEAST_EAVES_M, MOST_EAVES_M)
    wide = np.minimum(wide, _LONGEST_TIP_M / longest)
    starts = run_starts(point_part)
    is_rim = np.arange(len(points)) - np.repeat(starts, np.diff(np.append(starts, len(points)))) < np.repeat(
        np.bincount(owner), np.diff(np.append(starts, len(points)))
    )
    roof = np.repeat(np.arange(len(rings)), np.diff(np.append(starts, len(points))))
    out = points.copy()
    for share in (1.0, 0.5, 0.0):
        rim = rings.points_m + outward * wide[owner][:, None]
        out[is_rim, :2] = rim
        out[is_rim, 2] = -wide[owner]
        tight = _is_crossed(Rings(rim, rings.ring_start, rings.part_start), rings)
        turned = _areas(out[:, :2], triangles) < -1e-9
        tight[roof[triangles[turned, 0]]] = True
        if share == 0.0 or not tight.any():
            break
        wide = np.where(tight, wide * (0.5 if share == 1.0 else 0.0), wide)
    return out


def _is_crossed(rim: Rings, rings: Rings) -> AnyArray:
    """(q): whether moved rings cross each other, or one of their sides has turned round."""
    before = rings.points_m[rings.following] - rings.points_m
    after = rim.points_m[rim.following] - rim.points_m
    turned = before[:, 0] * after[:, 0] + before[:, 1] * after[:, 1] <= 0
    out = ~shapely.is_valid(rim.shapes())
    out[rings.point_part[turned]] = True
    return np.asarray(out)


def _outward(rings: Rings) -> Floats:
    """How each vertex (m, 2) moves when both its walls move out by one metre."""
    along = rings.points_m[rings.following] - rings.points_m
    length = np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1])
    normal_x, normal_y = along[:, 1] / length, -along[:, 0] / length
    previous = np.empty(len(along), np.int64)
    previous[rings.following] = np.arange(len(along))
    before_x, before_y = normal_x[previous], normal_y[previous]
    spread = np.maximum(1.0 + normal_x * before_x + normal_y * before_y, 1e-3)
    return np.stack([(normal_x + before_x) / spread, (normal_y + before_y) / spread], 1)
