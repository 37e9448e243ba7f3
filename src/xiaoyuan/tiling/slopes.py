"""Hip roofs over footprints that no rectangles cover, as triangles and rims that can be put on many buildings at once.

How to mesh them: with ``rise`` of ``min(SLOPE, HIGHEST_RISE_M / peak_m[part])`` a corner lies at
``wall top + rise * height``. The slopes are `triangles_m`, the underside is the same turned over and lowered, the
fascia boards stand below `rim_start_m` to `rim_end_m` (the outside is on their right). Corners that triangles share
are equal to the bit.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Flags, Floats, Ints
from xiaoyuan.tiling.rings import Rings, clip_ears
from xiaoyuan.tiling.skeleton import MOST_VERTICES, skeleton_roof

EAVES_SHARE, LEAST_EAVES_M, MOST_EAVES_M = 0.32, 0.25, 0.7
"""Eaves are wide in proportion to the way from the wall to the ridge."""
_LONGEST_TIP_M = 1.5
"""How far the eaves at a sharp corner may reach: all eaves of such a roof are narrower."""


@dataclass(frozen=True)
class Slopes:
    """Hip roofs of slope 1: t triangles and e rims in metres east, north and above the eaves line of the walls."""

    triangles_m: Floats
    """(t, 3, 3), counter-clockwise from above; heights below 0 where the eaves hang over."""
    part: Ints
    """(t): number of the polygon, ascending."""
    edge: Ints
    """(t): point of the polygon's rings at which the wall below begins; triangles of one edge are in one plane."""
    rim_start_m: Floats
    """(e, 3)."""
    rim_end_m: Floats
    """(e, 3)."""
    rim_part: Ints
    """(e), ascending."""
    peak_m: Floats
    """(p): height of the highest corner, 0 without such a roof."""

    @property
    def roofable(self) -> Flags:
        """(p): whether a polygon got a roof; a wanted one that did not stays flat."""
        return self.peak_m > 0


def find_slopes(rings: Rings, wanted: Flags, *, with_eaves: bool = True) -> Slopes:
    """Hip roofs over the `wanted` (p) polygons: metres, shells counter-clockwise, holes clockwise."""
    faces: list[Floats] = []
    face_edge: list[int] = []
    face_part: list[int] = []
    rim_start, rim_end = [np.zeros((0, 3))], [np.zeros((0, 3))]
    rim_part: list[int] = []
    peak = np.zeros(len(rings))
    for part in np.flatnonzero(wanted).tolist():
        first, last = rings.part_start[part], rings.part_start[part + 1]
        cuts = rings.ring_start[first : last + 1]
        if cuts[-1] - cuts[0] > MOST_VERTICES:
            continue
        outline = [rings.points_m[a:b] for a, b in pairwise(cuts.tolist())]
        found = skeleton_roof(outline)
        if found is None:
            continue
        peak[part] = max(float(face[:, 2].max()) for face in found)
        start = np.concatenate([np.column_stack([ring, np.zeros(len(ring))]) for ring in outline])
        if with_eaves:
            start = _overhanging(outline, peak[part])
        end = np.concatenate(
            [np.roll(ring, -1, axis=0) for ring in np.split(start, (cuts[1:-1] - cuts[0]).tolist())]
        )
        # The rim takes the place of the wall line: it lies in the plane, and so do the hips prolonged.
        faces += [np.vstack([start[i], end[i], face[2:]]) for i, face in enumerate(found)]
        face_edge += range(int(cuts[0]), int(cuts[-1]))
        face_part += [part] * len(found)
        rim_start.append(start)
        rim_end.append(end)
        rim_part += [part] * len(found)
    triangles, number, unfilled = _filled(faces)
    part_of = np.array(face_part, np.int64)
    bad = np.zeros(len(rings), bool)
    bad[part_of[unfilled]] = True
    peak[bad] = 0.0
    keep = ~bad[part_of[number]]
    rims = np.array(rim_part, np.int64)
    return Slopes(
        triangles[keep],
        part_of[number[keep]],
        np.array(face_edge, np.int64)[number[keep]],
        np.concatenate(rim_start)[~bad[rims]],
        np.concatenate(rim_end)[~bad[rims]],
        rims[~bad[rims]],
        peak,
    )


def _overhanging(outline: list[Floats], peak_m: float) -> Floats:
    """Rim corners (m, 3): the rings moved outwards, as far as they neither cross nor reach too far at sharp corners."""
    wide = min(max(EAVES_SHARE * peak_m, LEAST_EAVES_M), MOST_EAVES_M)
    ways = [_outward(ring) for ring in outline]
    reach = max(float(np.sqrt((way * way).sum(1)).max()) for way in ways)
    wide = min(wide, _LONGEST_TIP_M / reach)
    for width in (wide, wide / 2):
        moved = [ring + way * width for ring, way in zip(outline, ways, strict=True)]
        shape = shapely.Polygon(moved[0], moved[1:])
        if shape.is_valid and _keeps_directions(outline, moved):
            return np.column_stack([np.concatenate(moved), np.full(sum(map(len, moved)), -width)])
    flat = np.concatenate(outline)
    return np.column_stack([flat, np.zeros(len(flat))])


def _outward(ring: Floats) -> Floats:
    """How each vertex (n, 2) moves when both its walls move out by one metre."""
    along = np.roll(ring, -1, axis=0) - ring
    along = along / np.sqrt((along * along).sum(1))[:, None]
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    before = np.roll(normal, 1, axis=0)
    spread = np.maximum(1.0 + (normal * before).sum(1), 1e-3)
    return np.asarray((normal + before) / spread[:, None])


def _keeps_directions(outline: list[Floats], moved: list[Floats]) -> bool:
    """Whether no wall has turned round, as one does between two inner corners that meet."""
    return all(
        bool((((np.roll(b, -1, axis=0) - b) * (np.roll(a, -1, axis=0) - a)).sum(1) > 0).all())
        for a, b in zip(outline, moved, strict=True)
    )


def _filled(faces: list[Floats]) -> tuple[Floats, Ints, Ints]:
    """Triangles (t, 3, 3) of faces, the faces (t) they fill, ascending, and those faces that could not be filled."""
    size = np.array([len(face) for face in faces], np.int64)
    triangles = [np.zeros((0, 3, 3))]
    numbers, unfilled = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for corners in np.unique(size).tolist():
        members = np.flatnonzero(size == corners)
        points = np.stack([faces[member] for member in members])
        local, is_sound = clip_ears(points[..., :2])
        each = np.arange(len(members))[:, None, None]
        triangles.append(points[each, local][is_sound].reshape(-1, 3, 3))
        numbers.append(np.repeat(members[is_sound], corners - 2))
        unfilled.append(members[~is_sound])
    number = np.concatenate(numbers)
    order = np.argsort(number, kind="stable")
    return np.concatenate(triangles)[order], number[order], np.concatenate(unfilled)
