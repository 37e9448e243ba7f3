"""Layers of features as a pyramid of Mapbox Vector Tiles 2.1, z/x/y.pbf, for one scene."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import run_starts
from xiaoyuan.tiling.files import write_gzip
from xiaoyuan.tiling.protobuf import bytes_field, number_field, varint
from xiaoyuan.tiling.tile_geometry import EXTENT, TileShapes, cut_to_tiles, to_world
from xiaoyuan.tiling.vector_layer import VectorLayer

MAX_ZOOM = 16
_TILE_LAYER = 3  # field of the layers in a tile
_GEOMETRY_TYPE = {0: 1, 1: 2, 2: 3}


@dataclass(frozen=True)
class VectorReport:
    """What `build_vectors` wrote."""

    tiles: int
    bytes_written: int
    min_zoom: int
    max_zoom: int
    features: dict[str, int]
    """Features of each layer that appear at max_zoom."""
    repaired: dict[str, int]
    """Features of each layer whose polygons had to be put right."""


def build_vectors(layers: Sequence[VectorLayer], out: Path, *, max_zoom: int = MAX_ZOOM) -> VectorReport:
    """Write ``z/x/y.pbf`` (gzip at rest) under `out` from the lowest min_zoom of the layers to max_zoom.

    Tiles without content are not written.
    """
    tiles: dict[tuple[int, int, int], list[bytes]] = defaultdict(list)
    features: dict[str, int] = {}
    repaired: dict[str, int] = {}
    for layer in layers:
        encoder = _LayerEncoder(layer)
        repaired[layer.name] = encoder.repaired
        features[layer.name] = 0
        for zoom in range(layer.min_zoom, max_zoom + 1):
            shown: set[int] = set()
            for column, row, message, members in encoder.tiles(zoom, max_zoom):
                tiles[zoom, column, row].append(message)
                shown.update(members)
            features[layer.name] = len(shown)
    written = sum(
        write_gzip(out / str(zoom) / str(column) / f"{row}.pbf", b"".join(messages))
        for (zoom, column, row), messages in tiles.items()
    )
    lowest = min((layer.min_zoom for layer in layers), default=max_zoom)
    return VectorReport(len(tiles), written, lowest, max_zoom, features, repaired)


def rounding_step(zoom: int, max_zoom: int) -> int:
    """Units (1/4096 of a tile) that vertices are rounded to: a pixel far out, nothing lost at max_zoom."""
    if zoom >= max_zoom:
        return 1
    return 8 if zoom <= 10 else 4 if zoom <= 12 else 2


class _LayerEncoder:
    """One layer, prepared once for all zooms."""

    def __init__(self, layer: VectorLayer) -> None:
        self.layer = layer
        kinds = shapely.get_dimensions(layer.geometry)
        self.kind = int(kinds.max()) if len(kinds) else -1
        geometry = layer.geometry.copy()
        broken = np.zeros(0, np.int64)
        if self.kind == 2:
            broken = np.flatnonzero(~shapely.is_valid(geometry))
            geometry[broken] = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
        self.repaired = len(broken)
        self.world = to_world(geometry) if self.kind >= 0 else geometry
        self.values = list(layer.encoded_properties().items())
        self.ids = layer.cid.tolist()

    def tiles(self, zoom: int, max_zoom: int) -> Iterator[tuple[int, int, bytes, list[int]]]:
        """Column, row, layer message and feature rows of every tile of a zoom that shows something."""
        if self.kind < 0:
            return
        shapes = cut_to_tiles(self.world, self.kind, zoom, rounding_step(zoom, max_zoom))
        starts = run_starts(shapes.column << 32 | shapes.row)
        for start, end in zip(starts, np.append(starts, len(shapes.column))[1:], strict=True):
            message = bytes_field(_TILE_LAYER, self._message(shapes, start, end))
            yield (
                int(shapes.column[start]),
                int(shapes.row[start]),
                message,
                shapes.feature[start:end].tolist(),
            )

    def _message(self, shapes: TileShapes, start: int, end: int) -> bytes:
        parts = [bytes_field(1, self.layer.name.encode())]
        known: dict[bytes, int] = {}
        kind = number_field(3, _GEOMETRY_TYPE[self.kind])
        for feature, commands in zip(
            shapes.feature[start:end].tolist(), shapes.commands[start:end], strict=True
        ):
            tags = b"".join(
                varint(key) + varint(known.setdefault(values[feature], len(known)))
                for key, (_, values) in enumerate(self.values)
                if values[feature] is not None
            )
            body = number_field(1, self.ids[feature])
            if tags:
                body += bytes_field(2, tags)
            parts.append(bytes_field(2, body + kind + bytes_field(4, commands)))
        parts += [bytes_field(3, name.encode()) for name, _ in self.values]
        parts += [bytes_field(4, value) for value in known]
        parts += [number_field(5, EXTENT), number_field(15, 2)]
        return b"".join(parts)
