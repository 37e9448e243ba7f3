"""The published vector tiles as one PMTiles file; of a box, the tiles that meet it are kept whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from xiaoyuan.register.spatial import Bounds
from xiaoyuan.tiling.pmtiles import write_pmtiles
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import Tile, VectorIndex, tile_box, write_index
from xiaoyuan.tiling.vector_messages import join_tile, rename_layer, split_tile
from xiaoyuan.twin.layers import BUILDING, DIVISION, MAX_ZOOM, MIN_ZOOM, ORDER, PLATE, TABLES
from xiaoyuan.twin.outputs.errors import SeveralScenes
from xiaoyuan.twin.outputs.published import Published, frame_of, published
from xiaoyuan.twin.outputs.selecting import Progress, Wanted, meets

_NUMBERS: Final = {"width_m", "storeys"}
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    **{table.name: tuple(table.columns) for table in TABLES},
    BUILDING: ("storeys",),
    DIVISION: ("code", "level"),
    PLATE: (),
}
_INTERNAL: Final = "_internal"
"""Ending of the layers of internal places: a tile names each layer once."""
_ORDER: Final = (*ORDER, *(name + _INTERNAL for name in ORDER))


def write_vector_archive(wanted: Wanted, target: Path, progress: Progress) -> dict[str, int]:
    """Write the tiles of the published scene and return how many there are."""
    scenes = published(wanted)
    if len({one.scene.division_code for one in scenes}) > 1:
        raise SeveralScenes(
            wanted.division.code, ", ".join(dict.fromkeys(one.scene.division_code for one in scenes))
        )
    frame = frame_of(wanted, scenes[0])
    names = [*_layers(scenes)]
    if len(scenes) == 1 and not scenes[0].is_internal:
        index = VectorIndex(scenes[0].pool, scenes[0].state.vectors)
    else:
        index = _merged(scenes, frame, FilePool(target.parent / "tiles"), progress)
    if not any(frame is None or meets(tile_box(*tile[:3]), frame) for tile in index.tiles()):
        return {}
    metadata = {
        "name": f"{wanted.division.name} {wanted.division.code}",
        "attribution": "; ".join(wanted.attribution),
        "description": f"{wanted.about()['layers']}; {wanted.about()['content']}; {wanted.about()['made_at']}",
        "format": "pbf",
        "type": "overlay",
        "vector_layers": [_described(name) for name in names],
    }
    tiles = write_pmtiles(index, index.pool, target, metadata=metadata, bounds=frame)
    progress("tiles", tiles, tiles)
    return {"tiles": tiles}


def _layers(scenes: list[Published]) -> Iterator[str]:
    for one in scenes:
        for name in one.layers:
            if not one.is_internal:
                yield name
            elif name != DIVISION:
                yield name + _INTERNAL


def _described(name: str) -> dict[str, Any]:
    base = name.removesuffix(_INTERNAL)
    fields = {key: "Number" if key in _NUMBERS else "String" for key in _FIELDS[base]}
    return {"id": name, "fields": fields, "minzoom": MIN_ZOOM[base], "maxzoom": MAX_ZOOM}


def _merged(scenes: list[Published], frame: Bounds | None, pool: FilePool, progress: Progress) -> VectorIndex:
    """Put the tiles of several scenes together in a pool of their own, the layers of internal ones renamed."""
    indexes = [(one, VectorIndex(one.pool, one.state.vectors)) for one in scenes]
    places: dict[Tile, None] = {}
    for _one, index in indexes:
        for zoom, column, row, _name in index.tiles():
            if frame is None or meets(tile_box(zoom, column, row), frame):
                places[(zoom, column, row)] = None
    made: dict[Tile, str] = {}
    for number, place in enumerate(places, 1):
        layers: dict[str, bytes] = {}
        for one, index in indexes:
            name = index.find(*place)
            if name is not None:
                found = split_tile(one.pool.get(name))
                if one.is_internal:
                    # Outlines of divisions are in both scenes.
                    found = {
                        layer + _INTERNAL: rename_layer(data, layer + _INTERNAL)
                        for layer, data in found.items()
                        if layer != DIVISION
                    }
                layers |= found
        if layers:
            made[place] = pool.put(join_tile(layers, _ORDER), ".pbf")
        progress("tiles", number, len(places))
    return VectorIndex(pool, write_index(pool, made, max_zoom=MAX_ZOOM))
