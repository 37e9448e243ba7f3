"""Land uses and what grows on them in the sample, with shares that suit the hills of north-west Guizhou."""

from __future__ import annotations

import numpy as np

PADDY, DRY, ORCHARD, FOREST, GRASS, POND = "水田", "旱地", "园地", "林地", "草地", "坑塘"

CROPS: dict[str, tuple[tuple[str, float], ...]] = {
    PADDY: (("水稻", 0.74), ("油菜", 0.19), ("蔬菜", 0.07)),
    DRY: (("玉米", 0.36), ("马铃薯", 0.22), ("辣椒", 0.17), ("油菜", 0.12), ("大豆", 0.06), ("蔬菜", 0.07)),
    ORCHARD: (("刺梨", 0.42), ("茶叶", 0.32), ("樱桃", 0.26)),
    FOREST: (("马尾松", 0.34), ("柳杉", 0.24), ("青冈", 0.24), ("杉木", 0.18)),
    GRASS: (("", 1.0),),
}


def crop_for(use: str, rng: np.random.Generator) -> str:
    """A crop (or forest tree) drawn by the use's shares; empty for grassland."""
    names, shares = zip(*CROPS[use], strict=True)
    return str(rng.choice(names, p=shares))
