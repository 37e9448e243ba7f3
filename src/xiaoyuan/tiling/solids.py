"""All that is decided about a batch of buildings before a face is drawn: heights, storeys, roofs, wings, colours."""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Bytes, Flags, Floats, Ints, run_starts
from xiaoyuan.tiling.footprints import Footprints
from xiaoyuan.tiling.slopes import Slopes
from xiaoyuan.tiling.wings import Wings

FLAT, GABLE, HIP = 0, 1, 2
"""Codes of `BuildingSet.roof`."""
STOREY_M, FIRST_FLOOR_M = 3.1, 0.3
"""A building of n storeys is taken to be n * 3.1 + 0.3 m high where its height is not known."""
PLINTH_DEPTH_M = 1.5
"""How far a plinth reaches below the lowest ground at the walls."""
DOOR_STEP_M = 0.2
"""How far the floor lies above the ground before the door."""
DEEPEST_CUT_M = 1.2
"""How far the floor may lie below the highest ground at the walls: a steeper slope lifts it, on a higher plinth."""
_SILL_M = 0.3
"""How far the ground may rise above the floor towards one end of the wall with the door, less the step."""


@dataclass(frozen=True)
class Solids:
    """n buildings of which everything but the mesh is known; heights are ellipsoidal metres."""

    footprints: Footprints
    wings: Wings
    slopes: Slopes
    """Hip roofs of parts that have no wings, whatever pitched roof they asked for."""
    bottom_m: Floats
    """(n): foot of the plinth, under the ground."""
    floor_m: Floats
    """(n): top of the plinth, where the ground floor begins."""
    height_m: Floats
    """(n): of the walls above the floor, up to the eaves or the flat roof."""
    storeys: Ints
    pitched: Ints
    """(p): roof code of each polygon part, FLAT where neither wings nor slopes were found."""
    wall_colour: Bytes
    roof_colour: Bytes
    flat_colour: Bytes

    @property
    def top_m(self) -> Floats:
        """(n): height of the eaves or of the flat roof."""
        return self.floor_m + self.height_m


@dataclass(frozen=True)
class Resolved:
    """Heights and storeys with the gaps closed, and how many were."""

    height_m: Floats
    storeys: Ints
    height_from_storeys: int
    storeys_from_height: int
    storeys_from_default: int


def resolve_heights(height_m: Floats, storeys: Ints, default_storeys: int) -> Resolved:
    """Close gaps: a missing height follows from the storeys, missing storeys from the height, both from a default.

    height_m: nan where unknown; storeys: 0 where unknown. Heights up to 0 or over 500 m count as unknown.
    """
    height_m, storeys = height_m.astype(np.float64), storeys.astype(np.int64)
    has_height = np.isfinite(height_m) & (height_m > 0.0) & (height_m <= 500.0)
    has_storeys = (storeys > 0) & (storeys <= 160)
    by_height = ~has_storeys & has_height
    by_default = ~has_storeys & ~has_height
    counted = np.where(has_height, height_m, 0.0)
    guessed = np.maximum(1, np.rint((counted - FIRST_FLOOR_M) / STOREY_M)).astype(np.int64)
    storeys = np.where(has_storeys, storeys, np.where(by_height, guessed, default_storeys))
    height_m = np.where(has_height, height_m, storeys * STOREY_M + FIRST_FLOOR_M)
    return Resolved(height_m, storeys, int((~has_height).sum()), int(by_height.sum()), int(by_default.sum()))


def stand_on(footprints: Footprints, ground_m: Floats) -> tuple[Floats, Floats]:
    """Foot of the plinth and floor (n each) of buildings, from the ground (m) at the points of their rings.

    The floor lies a step above the ground before the door, and on a slope not much below the ground behind.
    """
    owner = footprints.point_owner
    starts = run_starts(owner)
    if not starts.size:
        return np.zeros(0), np.zeros(0)
    lowest, highest = np.minimum.reduceat(ground_m, starts), np.maximum.reduceat(ground_m, starts)
    door = np.flatnonzero(wall_edges(footprints).is_front)
    one, other = ground_m[door], ground_m[footprints.rings.following[door]]
    at_door = np.maximum((one + other) / 2, np.maximum(one, other) - _SILL_M)
    return lowest - PLINTH_DEPTH_M, np.maximum(at_door + DOOR_STEP_M, highest - DEEPEST_CUT_M)


@dataclass(frozen=True)
class Edges:
    """m wall lines in metres about their building's anchor; the outside is on the right of start -> end."""

    start_m: Floats
    end_m: Floats
    owner: Ints
    is_front: Flags
    """(m): the one wall of each building that has the door: the longest, southern ones preferred."""

    @property
    def length_m(self) -> Floats:
        """(m) lengths."""
        along = self.end_m - self.start_m
        return np.asarray(np.sqrt(along[:, 0] * along[:, 0] + along[:, 1] * along[:, 1]))


def wall_edges(footprints: Footprints) -> Edges:
    """All wall lines of all buildings: wall i begins at point i of `footprints.rings`."""
    start, end, _ = footprints.rings.edges()
    owner = footprints.point_owner
    dx, dy = end[:, 0] - start[:, 0], end[:, 1] - start[:, 1]
    length = np.sqrt(dx * dx + dy * dy)
    # The outward normal of a wall is (dy, -dx): it looks south when dx is positive.
    weight = length + 0.35 * dx
    is_front = np.zeros(len(owner), bool)
    starts = run_starts(owner)
    if starts.size:
        most = np.maximum.reduceat(weight, starts)
        best = np.flatnonzero(weight == np.repeat(most, np.diff(np.append(starts, len(owner)))))
        is_front[best[run_starts(owner[best])]] = True
    return Edges(start, end, owner, is_front)
