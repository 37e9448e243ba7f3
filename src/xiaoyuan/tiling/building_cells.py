"""What a scene keeps of each cell so that an edit makes afresh only its own: names, extents and far blocks."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from xiaoyuan.tiling.far_blocks import BLOCK, block_tile
from xiaoyuan.tiling.grid import cell_from_key
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.tileset import (
    FAR_LEVEL,
    MIDDLE_LEVEL,
    NEAR_LEVEL,
    Extent,
    Tile,
    far_document,
    read_root,
    root_document,
)


@dataclass(frozen=True)
class NearState:
    """The leaf of one near cell."""

    uri: str
    extent: Extent


@dataclass(frozen=True)
class MiddleState:
    """A middle cell: its tile, its leaves by cell key, and its share of the far cell's blocks."""

    built: int
    uri: str
    nears: dict[int, NearState]
    blocks: NDArray[np.void]

    def tile(self) -> Tile:
        """The subtree of the cell."""
        leaves = tuple(Tile(near.extent, NEAR_LEVEL, near.uri) for _, near in sorted(self.nears.items()))
        return Tile(Extent.around(leaf.extent for leaf in leaves), MIDDLE_LEVEL, self.uri, leaves)


@dataclass
class Findings:
    """What was made of imperfect input, and how much was made."""

    built: int = 0
    tiles: int = 0
    dropped: list[tuple[int, str]] = field(default_factory=list)
    repaired: list[tuple[int, str]] = field(default_factory=list)
    flattened: list[int] = field(default_factory=list)
    outside: list[int] = field(default_factory=list)
    height_from_storeys: int = 0
    storeys_from_height: int = 0
    storeys_from_default: int = 0

    def add(self, other: "Findings") -> None:
        """Count what another has found, too."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class CellState:
    """A far cell by its middle cells; findings are those of the building just done and not kept."""

    middles: dict[int, MiddleState]
    findings: Findings = field(default_factory=Findings, compare=False)

    def as_json(self) -> bytes:
        """The state document."""
        return orjson.dumps({str(key): _packed(middle) for key, middle in sorted(self.middles.items())})

    @classmethod
    def from_json(cls, document: bytes) -> "CellState":
        """Undo `as_json`."""
        return cls({int(key): _unpacked(middle) for key, middle in orjson.loads(document).items()})


def _packed(middle: MiddleState) -> dict[str, Any]:
    return {
        "built": middle.built,
        "uri": middle.uri,
        "nears": {str(key): [near.uri, *near.extent.as_list()] for key, near in sorted(middle.nears.items())},
        "blocks": base64.b64encode(middle.blocks.tobytes()).decode(),
    }


def _unpacked(stored: dict[str, Any]) -> MiddleState:
    nears = {int(key): NearState(uri, Extent(*extent)) for key, (uri, *extent) in stored["nears"].items()}
    blocks = np.frombuffer(base64.b64decode(stored["blocks"]), BLOCK)
    return MiddleState(stored["built"], stored["uri"], nears, blocks)


@dataclass(frozen=True)
class BuildingScene:
    """The documents that a scene's buildings hang on."""

    tileset: str
    """Pool name of the entry document, "" without buildings."""
    cells: dict[int, str]
    """Far cell key -> pool name of its state."""

    def as_json(self) -> dict[str, Any]:
        """Return what can be stored as JSON."""
        return {"tileset": self.tileset, "cells": {str(key): name for key, name in self.cells.items()}}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "BuildingScene":
        """Return what was stored."""
        return cls(stored["tileset"], {int(key): name for key, name in stored["cells"].items()})


def far_key(middle: int) -> int:
    """The far cell that holds a middle one."""
    column, row = cell_from_key(middle)
    step = MIDDLE_LEVEL - FAR_LEVEL
    return ((column >> step) << 32) | (row >> step)


def assemble(cells: Mapping[int, CellState | str], pool: FilePool) -> BuildingScene:
    """Write the blocks and documents of far cells, then the entry document over all of them.

    A name instead of a state stands for one that was written before.
    """
    states = {key: pool_state(pool, cell) if isinstance(cell, str) else cell for key, cell in cells.items()}
    parts: list[tuple[int, str, str, Extent]] = []
    for key, state in sorted(states.items()):
        if state.middles:
            parts.append((key, *write_far_cell(key, state, pool)))
    return scene_of(parts, pool)


def replace_cells(scene: BuildingScene, changed: Mapping[int, CellState], pool: FilePool) -> BuildingScene:
    """The scene with some far cells made anew; the others are not even read."""
    before: dict[int, tuple[str, str, Extent]] = {}
    if scene.tileset:
        known = read_root(pool.get(scene.tileset))
        for (key, state), (uri, extent) in zip(sorted(scene.cells.items()), known, strict=True):
            before[key] = (state, uri, extent)
    for key, cell in changed.items():
        before.pop(key, None)
        if cell.middles:
            before[key] = write_far_cell(key, cell, pool)
    parts = [(key, *part) for key, part in sorted(before.items())]
    return scene_of(parts, pool)


def write_far_cell(key: int, state: CellState, pool: FilePool) -> tuple[str, str, Extent]:
    """Write the blocks, the tileset and the state of a far cell; returns names of state and tileset, and its extent."""
    middles = [middle for _, middle in sorted(state.middles.items())]
    blocks = pool.put(block_tile(np.concatenate([middle.blocks for middle in middles])), ".glb")
    children = tuple(middle.tile() for middle in middles)
    tile = Tile(Extent.around(child.extent for child in children), FAR_LEVEL, blocks, children)
    uri = pool.put(far_document(key, tile), ".json")
    return pool.put(state.as_json(), ".json"), uri, tile.extent


def scene_of(parts: list[tuple[int, str, str, Extent]], pool: FilePool) -> BuildingScene:
    """The scene over far cells: key, state, tileset and extent of each, by key."""
    if not parts:
        return BuildingScene("", {})
    root = root_document((uri, extent) for _, _, uri, extent in parts)
    return BuildingScene(pool.put(root, ".json"), {key: state for key, state, _, _ in parts})


def pool_state(pool: FilePool, name: str) -> CellState:
    """The state of that name."""
    return CellState.from_json(pool.get(name))


def files_of(scene: BuildingScene, pool: FilePool) -> Iterator[str]:
    """Every file that a scene needs, its states included."""
    if not scene.tileset:
        return
    yield scene.tileset
    known = read_root(pool.get(scene.tileset))
    for (uri, _), name in zip(known, (state for _, state in sorted(scene.cells.items())), strict=True):
        yield name
        yield uri
        yield from _contents(orjson.loads(pool.get(uri))["root"])


def _contents(tile: dict[str, Any]) -> Iterator[str]:
    yield tile["content"]["uri"]
    for child in tile.get("children", ()):
        yield from _contents(child)
