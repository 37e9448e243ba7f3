"""Streams: hand-drawn courses made to meander, with a bed that always falls and a water surface of growing width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage
from scipy.interpolate import splev, splprep

from xiaoyuan.sample.grid import Floats
from xiaoyuan.sample.town import STREAMS, StreamPlan

SPACING_M = 8.0


@dataclass(frozen=True)
class Stream:
    """A course head to mouth; every array has one entry per point, about 8 m apart."""

    name: str
    kind: str
    course_m: Floats  # [n, 2]
    bed_m: Floats
    floor_half_width_m: Floats
    water_width_m: Floats

    @property
    def line(self) -> shapely.LineString:
        """The centre line."""
        return shapely.LineString(self.course_m)

    @property
    def has_water(self) -> bool:
        """False for a dry valley."""
        return bool(self.water_width_m.max() > 0)

    @property
    def surface(self) -> shapely.Polygon | shapely.MultiPolygon:
        """The water's outline."""
        step = 3
        parts = [
            shapely.LineString(self.course_m[start : start + step + 1]).buffer(
                float(self.water_width_m[start]) / 2, quad_segs=4
            )
            for start in range(0, len(self.course_m) - 1, step)
        ]
        return shapely.union_all(parts).simplify(0.4)


def streams(rng: np.random.Generator) -> list[Stream]:
    """All streams of the town, main river first; tributaries end inside the river."""
    river = _stream(STREAMS[0], rng, None)
    return [river, *(_stream(plan, rng, river) for plan in STREAMS[1:])]


def _stream(plan: StreamPlan, rng: np.random.Generator, river: Stream | None) -> Stream:
    drawn = np.array(plan.points_m, dtype=float)
    mouth_m = plan.mouth_m
    if river is not None:
        nearest = int(np.argmin(np.hypot(*(river.course_m - drawn[-1]).T)))
        drawn[-1] = river.course_m[nearest]
        mouth_m = float(river.bed_m[nearest]) + 0.3
    course = _meander(_even(_spline(drawn)), rng, main=river is None)
    share = np.linspace(0.0, 1.0, len(course))
    fall = share if river is None else share**0.8  # tributaries are steeper near their heads
    narrow, wide = plan.floor_half_width_m
    swell = 1 + 0.35 * ndimage.gaussian_filter1d(rng.standard_normal(len(course)), 35, mode="reflect") * 8
    thin, broad = plan.water_width_m
    ripple = 1 + 0.25 * ndimage.gaussian_filter1d(rng.standard_normal(len(course)), 6, mode="reflect") * 3
    return Stream(
        plan.name,
        plan.kind,
        course,
        plan.head_m + (mouth_m - plan.head_m) * fall,
        (narrow + (wide - narrow) * share) * np.clip(swell, 0.6, 1.6),
        (thin + (broad - thin) * share) * np.clip(ripple, 0.7, 1.4),
    )


def _spline(points: Floats) -> Floats:
    knots, _ = splprep(points.T, s=0)
    return np.asarray(splev(np.linspace(0, 1, 1200), knots)).T


def _even(course: Floats) -> Floats:
    """The same course with points every SPACING_M."""
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(course, axis=0).T))))
    wanted = np.linspace(0.0, along[-1], int(along[-1] / SPACING_M) + 1)
    return np.stack([np.interp(wanted, along, course[:, axis]) for axis in (0, 1)], axis=1)


def _meander(course: Floats, rng: np.random.Generator, *, main: bool) -> Floats:
    """Swing the course sideways by band-limited noise, fading out at the mouth so that confluences stay put."""
    tangent = np.gradient(course, axis=0)
    normal = np.stack((-tangent[:, 1], tangent[:, 0]), axis=1) / np.hypot(*tangent.T)[:, None]
    reach, width = (42.0, 11.0) if main else (24.0, 8.0)
    raw = rng.standard_normal(len(course))
    swing = ndimage.gaussian_filter1d(raw, width) - ndimage.gaussian_filter1d(raw, width * 3)
    swing *= reach / max(float(np.std(swing)), 1e-9) * 0.8
    fade = np.clip((len(course) - 1 - np.arange(len(course))) / 30.0, 0.0, 1.0)
    bent = course + normal * (np.clip(swing, -2 * reach, 2 * reach) * (1.0 if main else fade))[:, None]
    return _even(
        np.stack([ndimage.gaussian_filter1d(bent[:, axis], 2.0, mode="nearest") for axis in (0, 1)], axis=1)
    )
