"""The messages of a vector tile taken apart and put together, so that one layer can be replaced without the others."""

from collections.abc import Mapping, Sequence

TILE_LAYER = 3
"""Field of the layers in a tile (Mapbox Vector Tile 2.1)."""
_LAYER_NAME = 1


def split_tile(tile: bytes) -> dict[str, bytes]:
    """Each layer of a tile with its own field header, by name, in the order of the tile."""
    layers: dict[str, bytes] = {}
    at = 0
    while at < len(tile):
        start = at
        at, end = _delimited(tile, at, TILE_LAYER)
        name_at, name_end = _delimited(tile, at, _LAYER_NAME)
        layers[tile[name_at:name_end].decode()] = tile[start:end]
        at = end
    return layers


def join_tile(layers: Mapping[str, bytes], order: Sequence[str]) -> bytes:
    """Return a tile of layer messages in `order`; raises ValueError for a layer that has no place in it."""
    unknown = set(layers) - set(order)
    if unknown:
        raise ValueError(f"The order of layers leaves out {', '.join(sorted(unknown))}.")
    return b"".join(layers[name] for name in order if name in layers)


def _delimited(data: bytes, at: int, field: int) -> tuple[int, int]:
    """Start and end of the content of the length-delimited field that starts at `at`."""
    if data[at] != field << 3 | 2:
        raise ValueError("These bytes are no vector tile as written here.")
    at += 1
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return at, at + length
