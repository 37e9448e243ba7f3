"""Where people settled: hamlet sites on gentle ground above the flood line, named as villager groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage

from xiaoyuan.sample.outlines import Outlines
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import BY_CODE, DENSE, DETAILED, DISPERSED, VILLAGES

GROUPS: dict[str, tuple[str, ...]] = {
    DENSE: ("街上组", "上堰组", "下堰组", "河边组", "新场组", "石桥组", "大坪组", "砂坡组"),
    DISPERSED: (
        "大寨组",
        "水井组",
        "岩脚组",
        "坡头组",
        "湾子组",
        "梨树组",
        "茶山组",
        "垭口组",
        "青杠林组",
        "石板组",
        "小寨组",
    ),
}
SPACING_M = {DENSE: 400.0, DISPERSED: 330.0}


@dataclass(frozen=True)
class Hamlet:
    """A villager group's settlement; `share` is its part of the village's courtyards."""

    village_code: str
    name: str
    point_m: tuple[float, float]
    share: float


def hamlets(terrain: Terrain, shapes: Outlines, rng: np.random.Generator) -> list[Hamlet]:
    """All groups of the detailed villages, and two or three unnamed sites of each other village for its roads."""
    grid = terrain.grid
    steep = ndimage.gaussian_filter(grid.slope(terrain.height_m), 3.0)
    x, y = grid.centres()
    found: list[Hamlet] = []
    for village in VILLAGES:
        outline = shapes.villages[village.code]
        inside = grid.burn([outline.buffer(-90.0)]) == 1
        score = (
            -9.0 * steep
            - np.abs(terrain.above_stream_m - 14.0) / 45.0
            - 3.0 * (terrain.stream_distance_m < 55.0)
            + 0.5 * rng.uniform(size=steep.shape)
        )
        score = np.where(inside & (steep < 0.19), score, -np.inf)
        names: Sequence[str] = GROUPS.get(village.code, ("", "", ""))
        spacing = SPACING_M.get(village.code, 750.0)
        first = (village.seat_m[0], village.seat_m[1] + 40.0) if village.code == DENSE else None
        for k, name in enumerate(names):
            if first is not None and k == 0:
                point = first
            elif np.isfinite(score).any():
                row, col = divmod(int(np.argmax(score)), grid.cols)
                point = (float(x[row, col]), float(y[row, col]))
            else:
                break
            score[np.hypot(x - point[0], y - point[1]) < spacing] = -np.inf
            found.append(Hamlet(village.code, name or BY_CODE[village.code].short_name, point, 0.0))
    return [_with_share(hamlet, found) for hamlet in found]


def _with_share(hamlet: Hamlet, everyone: Sequence[Hamlet]) -> Hamlet:
    """The first group of the dense village is its street and holds three times as many courtyards as the others."""
    if hamlet.village_code not in DETAILED:
        return hamlet
    mine = [other for other in everyone if other.village_code == hamlet.village_code]

    def weight(position: int) -> float:
        if hamlet.village_code == DENSE:
            return 3.2 if position == 0 else 1.0
        return 1.9 if position == 0 else 1.3 - 0.06 * position

    total = sum(weight(position) for position in range(len(mine)))
    return Hamlet(hamlet.village_code, hamlet.name, hamlet.point_m, weight(mine.index(hamlet)) / total)


def sites(everyone: Sequence[Hamlet]) -> shapely.MultiPoint:
    """All sites as one geometry, for distances."""
    return shapely.MultiPoint([hamlet.point_m for hamlet in everyone])
