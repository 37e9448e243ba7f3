"""All that is decided about a batch of buildings before a face is drawn: heights, storeys, roofs, wings, colours."""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Bytes, Floats, Ints
from xiaoyuan.tiling.footprints import Footprints, ring_edges
from xiaoyuan.tiling.wings import Wings

FLAT, GABLE, HIP = 0, 1, 2
"""Codes of `BuildingSet.roof`."""
STOREY_M, FIRST_FLOOR_M = 3.1, 0.3
"""A building of n storeys is taken to be n * 3.1 + 0.3 m high where its height is not known."""
PLINTH_DEPTH_M = 1.5
"""How far a plinth reaches below the lowest ground at the walls."""


@dataclass(frozen=True)
class Solids:
    """n buildings of which everything but the mesh is known; heights are ellipsoidal metres."""

    footprints: Footprints
    wings: Wings
    bottom_m: Floats
    """(n): foot of the plinth, under the ground."""
    floor_m: Floats
    """(n): top of the plinth, where the ground floor begins."""
    height_m: Floats
    """(n): of the walls above the floor, up to the eaves or the flat roof."""
    storeys: Ints
    pitched: Ints
    """(p): roof code of each polygon part, FLAT where no wings were found."""
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


def stand_on(ground_m: Floats, owner: Ints, count: int) -> tuple[Floats, Floats]:
    """Foot of the plinth and floor of `count` buildings, from ground heights at their corners and these' owners."""
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, owner, ground_m)
    np.maximum.at(highest, owner, ground_m)
    # On a slope the floor lies a little above the middle: cut into the hill behind, on its plinth in front.
    floor = 0.45 * lowest + 0.55 * highest + 0.2
    return lowest - PLINTH_DEPTH_M, floor


@dataclass(frozen=True)
class Edges:
    """m wall lines in metres about their building's anchor; the outside is on the right of start -> end."""

    start_m: Floats
    end_m: Floats
    owner: Ints
    is_front: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    """(m): the one wall of each building that has the door: the longest, southern ones preferred."""

    @property
    def length_m(self) -> Floats:
        """(m) lengths."""
        return np.asarray(np.linalg.norm(self.end_m - self.start_m, axis=1))


def wall_edges(footprints: Footprints) -> Edges:
    """All wall lines of all buildings."""
    start, end, part = ring_edges(footprints.part)
    owner = footprints.part_owner[part]
    along = end - start
    length = np.linalg.norm(along, axis=1)
    # The outward normal of a wall is (dy, -dx): it looks south when dx is positive.
    weight = length * (1.0 + 0.35 * along[:, 0] / np.maximum(length, 1e-9))
    order = np.lexsort((weight, owner))
    is_last = np.append(owner[order][1:] != owner[order][:-1], True)[: len(order)]
    is_front = np.zeros(len(owner), bool)
    is_front[order[is_last]] = True
    return Edges(start, end, owner, is_front)
