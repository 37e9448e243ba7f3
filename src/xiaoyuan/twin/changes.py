"""Which cells and tiles of a scene changed places touch: the old and the new place of each, nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from xiaoyuan.register.models import PlaceChange
from xiaoyuan.tiling.buildings import middle_cells
from xiaoyuan.tiling.vector_index import tiles_touching
from xiaoyuan.twin.layers import BUILDING, LAYERS_OF_KIND, MAX_ZOOM, MIN_ZOOM

Bounds = tuple[float, float, float, float]
TileKey = tuple[int, int, int]

MOST_CELLS: Final = 64
MOST_TILES: Final = 1500
"""Beyond these a whole build is as quick and says what it made of every place."""


@dataclass
class Dirty:
    """What has to be made afresh. `counts`: layer -> features more than before."""

    cells: set[int] = field(default_factory=set)
    tiles: dict[str, set[TileKey]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    is_whole: bool = False

    def blocks(self, layer: str) -> dict[TileKey, set[TileKey]]:
        """Return the dirty tiles of a layer by the tile of its lowest zoom that holds them."""
        lowest = MIN_ZOOM[layer]
        found: dict[TileKey, set[TileKey]] = {}
        for zoom, column, row in self.tiles[layer]:
            above = zoom - lowest
            found.setdefault((lowest, column >> above, row >> above), set()).add((zoom, column, row))
        return found


def dirty_parts(changes: Iterable[PlaceChange]) -> Dirty:
    """Return what changes of one scene's places touch."""
    dirty = Dirty()
    for change in changes:
        if not change.cid and _is_wide(change):
            dirty.is_whole = True
            return dirty
        for box in (change.was, change.now):
            if box is not None:
                _touch(dirty, change.kind, tuple(box), is_bulk=not change.cid)
        _count(dirty, change)
    tiles = sum(len(keys) for keys in dirty.tiles.values())
    dirty.is_whole = len(dirty.cells) > MOST_CELLS or tiles > MOST_TILES
    return dirty


def _touch(dirty: Dirty, kind: str, box: Bounds, *, is_bulk: bool) -> None:
    for layer in LAYERS_OF_KIND[kind]:
        dirty.tiles.setdefault(layer, set()).update(tiles_touching(box, MIN_ZOOM[layer], MAX_ZOOM))
    if kind != BUILDING:
        return
    if is_bulk:
        # Every cell that may hold the centre of something inside the box.
        west, south, east, north = box
        steps = 0.002
        lon, lat = np.meshgrid(
            np.append(np.arange(west, east, steps), east), np.append(np.arange(south, north, steps), north)
        )
        boxes = np.column_stack([lon.ravel(), lat.ravel(), lon.ravel(), lat.ravel()])
    else:
        boxes = np.array([box])
    dirty.cells.update(middle_cells(boxes).tolist())


def _is_wide(change: PlaceChange) -> bool:
    box = change.now or change.was
    return box is None or box[2] - box[0] > 0.02 or box[3] - box[1] > 0.02


def _count(dirty: Dirty, change: PlaceChange) -> None:
    """A point is a courtyard not yet surveyed; bulk changes and water are counted afresh by a whole build."""
    for box, sign in ((change.was, -1), (change.now, 1)):
        if box is None or not change.cid:
            continue
        layer = change.kind
        if layer == "courtyard" and (box[0], box[1]) == (box[2], box[3]):
            layer = "courtyard_point"
        dirty.counts[layer] = dirty.counts.get(layer, 0) + sign
