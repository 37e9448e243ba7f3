"""Gable and hip roofs over wings: slopes with eaves, underside, fascia boards, and the gable walls below them."""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Bytes, Flags, Floats, Ints
from xiaoyuan.tiling.faces import Faces, planar_uv
from xiaoyuan.tiling.palette import shaded
from xiaoyuan.tiling.solids import GABLE, HIP, Solids
from xiaoyuan.tiling.textures import ROOF_TILE_M
from xiaoyuan.tiling.walls import plain

SLOPE = float(np.tan(np.radians(27.0)))
HIGHEST_RISE_M = 5.0
"""Wide halls get a flatter roof instead of a tower."""
EAVES_M = 0.7
THICKNESS_M = 0.26
_LIFT_M = 0.08
"""The tiles lie a little above the walls, which would else shine through along their top."""
_BOARD_SHADE = 0.62


@dataclass(frozen=True)
class Roofs:
    """q roofs, one a wing; corners 0-1 and 2-3 lie along the ridge."""

    wall_m: Floats
    """(q, 4, 3): corners of the wing at wall top."""
    eaves_m: Floats
    """(q, 4, 3): corners of the roof's rim."""
    ridge_m: Floats
    """(q, 2, 3): its ends, above the sides 3-0 and 1-2."""
    peak_m: Floats
    """(q, 2, 3): tops of the gable walls."""
    is_hip: Flags
    owner: Ints
    roof_colour: Bytes
    wall_colour: Bytes

    def only(self, flags: Flags) -> "Roofs":
        """The roofs that are flagged."""
        return Roofs(*(getattr(self, name)[flags] for name in self.__dataclass_fields__))


def raise_roofs(solids: Solids) -> Roofs:
    """Shape of every pitched roof."""
    kind = solids.pitched[solids.wings.part]
    pitched = (kind == GABLE) | (kind == HIP)
    quad, kind = solids.wings.corners_m[pitched], kind[pitched]
    owner = solids.footprints.part_owner[solids.wings.part[pitched]]
    wall_top = solids.top_m[owner]
    top = wall_top + _LIFT_M
    sides = np.linalg.norm(np.roll(quad, -1, axis=1) - quad, axis=2)
    span = (sides[:, 1] + sides[:, 3]) / 2
    length = (sides[:, 0] + sides[:, 2]) / 2
    slope = np.minimum(SLOPE, HIGHEST_RISE_M / np.maximum(span / 2, 0.1))
    # A shed of two metres would drown under full eaves.
    eaves = np.clip(0.16 * span, 0.25, EAVES_M)
    rim = _offset(quad, eaves)
    ends = np.stack([(rim[:, 3] + rim[:, 0]) / 2, (rim[:, 1] + rim[:, 2]) / 2], 1)
    is_hip = kind == HIP
    # The ridge of a hip roof begins half a span in; a square one ends in a point.
    inset = np.where(is_hip, np.minimum((span / 2 + eaves) / (length + 2 * eaves), 0.499), 0.0)[:, None]
    ridge = np.stack(
        [ends[:, 0] + (ends[:, 1] - ends[:, 0]) * inset, ends[:, 1] + (ends[:, 0] - ends[:, 1]) * inset], 1
    )
    peak = np.stack([(quad[:, 3] + quad[:, 0]) / 2, (quad[:, 1] + quad[:, 2]) / 2], 1)
    rise = slope * span / 2
    return Roofs(
        wall_m=_at(quad, wall_top),
        eaves_m=_at(rim, top - slope * eaves),
        ridge_m=_at(ridge, top + rise),
        peak_m=_at(peak, wall_top + rise),
        is_hip=is_hip,
        owner=owner,
        roof_colour=solids.roof_colour[owner],
        wall_colour=solids.wall_colour[owner],
    )


def slopes(roofs: Roofs) -> list[Faces]:
    """The tiled faces."""
    return [
        Faces(corners, roofs.owner[keep], roofs.roof_colour[keep], planar_uv(corners, ROOF_TILE_M))
        for corners, keep in _slope_corners(roofs)
    ]


def undersides(roofs: Roofs) -> list[Faces]:
    """What one sees from below, under the eaves."""
    drop = np.array([0.0, 0.0, THICKNESS_M])
    return [
        plain(corners[:, ::-1] - drop, roofs.owner[keep], shaded(roofs.roof_colour[keep], _BOARD_SHADE))
        for corners, keep in _slope_corners(roofs)
    ]


def fascias(roofs: Roofs) -> list[Faces]:
    """Boards that close the rim between the tiles and the underside."""
    colour = shaded(roofs.roof_colour, _BOARD_SHADE)
    every = np.ones(len(roofs.owner), bool)
    gabled = ~roofs.is_hip
    lines = [
        (roofs.eaves_m[:, 0], roofs.eaves_m[:, 1], every),
        (roofs.eaves_m[:, 2], roofs.eaves_m[:, 3], every),
        (roofs.eaves_m[:, 1], roofs.eaves_m[:, 2], roofs.is_hip),
        (roofs.eaves_m[:, 3], roofs.eaves_m[:, 0], roofs.is_hip),
        (roofs.eaves_m[:, 1], roofs.ridge_m[:, 1], gabled),
        (roofs.ridge_m[:, 1], roofs.eaves_m[:, 2], gabled),
        (roofs.eaves_m[:, 3], roofs.ridge_m[:, 0], gabled),
        (roofs.ridge_m[:, 0], roofs.eaves_m[:, 0], gabled),
    ]
    drop = np.array([0.0, 0.0, THICKNESS_M])
    return [
        plain(
            np.stack([a[keep] - drop, b[keep] - drop, b[keep], a[keep]], 1), roofs.owner[keep], colour[keep]
        )
        for a, b, keep in lines
    ]


def gable_walls(roofs: Roofs) -> list[Faces]:
    """The triangles of wall under a gable roof's ends."""
    gabled = roofs.only(~roofs.is_hip)
    return [
        plain(np.stack([first, second, peak], 1), gabled.owner, gabled.wall_colour)
        for first, second, peak in (
            (gabled.wall_m[:, 1], gabled.wall_m[:, 2], gabled.peak_m[:, 1]),
            (gabled.wall_m[:, 3], gabled.wall_m[:, 0], gabled.peak_m[:, 0]),
        )
    ]


def _slope_corners(roofs: Roofs) -> list[tuple[Floats, Flags]]:
    """Corners of the two long slopes (q, 4, 3) and of the hips (h, 3, 3), and which roofs have them."""
    eaves, ridge, hip = roofs.eaves_m, roofs.ridge_m, roofs.is_hip
    every = np.ones(len(roofs.owner), bool)
    return [
        (np.stack([eaves[:, 0], eaves[:, 1], ridge[:, 1], ridge[:, 0]], 1), every),
        (np.stack([eaves[:, 2], eaves[:, 3], ridge[:, 0], ridge[:, 1]], 1), every),
        (np.stack([eaves[hip, 1], eaves[hip, 2], ridge[hip, 1]], 1), hip),
        (np.stack([eaves[hip, 3], eaves[hip, 0], ridge[hip, 0]], 1), hip),
    ]


def _at(points: Floats, height_m: Floats) -> Floats:
    heights = np.broadcast_to(height_m[:, None, None], (*points.shape[:2], 1))
    return np.concatenate([points, heights], 2)


def _offset(quad: Floats, distance: Floats) -> Floats:
    """Counter-clockwise quadrilaterals (q, 4, 2) with all sides moved outwards by `distance` (q)."""
    along = np.roll(quad, -1, axis=1) - quad
    along = along / np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    outward = np.stack([along[..., 1], -along[..., 0]], -1)
    before = np.roll(outward, 1, axis=1)
    # Corner moves by d (n1 + n2) / (1 + n1.n2), so that it keeps its distance from both sides.
    bend = 1.0 + (outward * before).sum(2, keepdims=True)
    return np.asarray(quad + (outward + before) / np.maximum(bend, 0.3) * distance[:, None, None])
