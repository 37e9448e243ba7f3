"""A sketched road as one result: lengths, stations, segments by gradient, cut and fill, and the ground it takes."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.twin.planning.alignment import check_line, spacing_for, stations_along
from xiaoyuan.twin.planning.earthwork import cut_sections, volume, works_area
from xiaoyuan.twin.planning.errors import GroundMissing
from xiaoyuan.twin.planning.frame import MetricFrame
from xiaoyuan.twin.planning.profile import design_profile, gradients, segment_starts

NARROWEST_M, WIDEST_M = 1.0, 40.0
FLATTEST_PERCENT, STEEPEST_PERCENT = 0.5, 30.0
_TOLERANCE: Final = 5e-4
"""A gradient that exceeds the limit by less than 0.05 % keeps it."""


@dataclass(frozen=True)
class Segment:
    """A stretch of nearly one gradient; chainages in metres, gradients in per cent, positive uphill."""

    start_m: float
    end_m: float
    gradient_percent: float
    ground_gradient_percent: float
    is_over: bool
    cut_m3: float
    fill_m3: float


@dataclass(frozen=True)
class RoadSketch:
    """What a sketched road comes to. Heights and lengths in metres, areas in m2, volumes in m3; shapes in metres."""

    frame: MetricFrame
    line: shapely.LineString
    corridor: shapely.Geometry
    works: shapely.Geometry
    width_m: float
    most_gradient_percent: float
    spacing_m: float
    plan_length_m: float
    slope_length_m: float
    chainage_m: Floats
    ground_m: Floats
    design_m: Floats
    cut_m2: Floats
    fill_m2: Floats
    cut_m3: float
    fill_m3: float
    over_m: float
    open_sections: int
    segments: tuple[Segment, ...]

    @property
    def steepest_percent(self) -> float:
        """The largest gradient of the design, without sign."""
        return float(np.abs(gradients(self.chainage_m, self.design_m)).max() * 100)

    def as_json(self) -> dict[str, Any]:
        """Return everything but shapes as plain values, rounded to what the method can tell."""
        return {
            "spacing_m": self.spacing_m,
            "plan_length_m": round(self.plan_length_m, 2),
            "slope_length_m": round(self.slope_length_m, 2),
            "lowest_m": round(float(self.ground_m.min()), 2),
            "highest_m": round(float(self.ground_m.max()), 2),
            "steepest_percent": round(self.steepest_percent, 2),
            "over_m": round(self.over_m, 1),
            "cut_m3": round(self.cut_m3, 1),
            "fill_m3": round(self.fill_m3, 1),
            "open_sections": self.open_sections,
            "road_m2": round(float(self.corridor.area), 1),
            "works_m2": round(float(self.works.area), 1),
            "stations": {
                "chainage_m": np.round(self.chainage_m, 2).tolist(),
                "ground_m": np.round(self.ground_m, 2).tolist(),
                "design_m": np.round(self.design_m, 2).tolist(),
                "cut_m2": np.round(self.cut_m2, 2).tolist(),
                "fill_m2": np.round(self.fill_m2, 2).tolist(),
            },
            "segments": [asdict(segment) for segment in self.segments],
        }


def sketch_road(
    line: shapely.LineString, *, width_m: float, most_gradient_percent: float, terrain: Terrain
) -> RoadSketch:
    """Plan a road along a line in degrees; raises `LineUnusable` or `GroundMissing`."""
    frame = MetricFrame.around(line)
    along = frame.to_metres(line)
    check_line(along)
    spacing = spacing_for(along.length)
    stations = stations_along(along, spacing)

    def sample(east: Floats, north: Floats) -> Floats:
        lon_lat = frame.degrees(np.column_stack((east, north)))
        return terrain.sample(lon_lat[:, 0], lon_lat[:, 1])

    ground = sample(stations.xy[:, 0], stations.xy[:, 1])
    if np.isnan(ground).any():
        raise GroundMissing(float(stations.chainage_m[np.isnan(ground)][0]))
    limit = most_gradient_percent / 100
    design = design_profile(stations.chainage_m, ground, limit)
    sections = cut_sections(stations, design, width_m, sample)
    corridor = shapely.buffer(along, width_m / 2, cap_style="flat", join_style="round", quad_segs=8)
    gradient = gradients(stations.chainage_m, design)
    is_over = np.abs(gradient) > limit + _TOLERANCE
    step = np.diff(stations.chainage_m)
    return RoadSketch(
        frame=frame,
        line=along,
        corridor=corridor,
        works=works_area(stations, sections, corridor),
        width_m=width_m,
        most_gradient_percent=most_gradient_percent,
        spacing_m=spacing,
        plan_length_m=float(along.length),
        slope_length_m=float(np.hypot(step, np.diff(design)).sum()),
        chainage_m=stations.chainage_m,
        ground_m=ground,
        design_m=design,
        cut_m2=sections.cut_m2,
        fill_m2=sections.fill_m2,
        cut_m3=volume(stations.chainage_m, sections.cut_m2),
        fill_m3=volume(stations.chainage_m, sections.fill_m2),
        over_m=float(step[is_over].sum()),
        open_sections=int((~sections.is_closed).sum()),
        segments=_segments(stations.chainage_m, ground, design, is_over, sections.cut_m2, sections.fill_m2),
    )


def _segments(
    chainage: Floats, ground: Floats, design: Floats, is_over: Any, cut: Floats, fill: Floats
) -> tuple[Segment, ...]:
    starts = segment_starts(gradients(chainage, design), is_over)
    made = []
    for first, last in zip(starts, [*starts[1:], len(chainage) - 1], strict=True):
        length = chainage[last] - chainage[first]
        part = slice(first, last + 1)
        made.append(
            Segment(
                start_m=round(float(chainage[first]), 1),
                end_m=round(float(chainage[last]), 1),
                gradient_percent=round(float(100 * (design[last] - design[first]) / length), 2),
                ground_gradient_percent=round(float(100 * (ground[last] - ground[first]) / length), 2),
                is_over=bool(is_over[first]),
                cut_m3=round(volume(chainage[part], cut[part]), 1),
                fill_m3=round(volume(chainage[part], fill[part]), 1),
            )
        )
    return tuple(made)
