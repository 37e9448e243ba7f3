"""What a published scene holds, read from its files by decoders that are not ours."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile

from tests import judges
from tests.proof.report import Row, at_least
from tests.proof.stage import Deployment


class Scene:
    """A published scene on disk."""

    def __init__(self, stage: Deployment, key: str) -> None:
        self.folder = stage.folder / "twin" / key
        self.pointer: dict[str, Any] = json.loads((self.folder / "current.json").read_text(encoding="utf-8"))

    def features(self, layer: str) -> set[int]:
        """Return the distinct ids of a layer in the vector tiles of the finest level."""
        finest = self.pointer["vector_zooms"][1]
        tiles = self.folder / self.pointer["revision"] / "vectors" / str(finest)
        found: set[int] = set()
        for tile in tiles.rglob("*.pbf"):
            decoded = mapbox_vector_tile.decode(plain(tile))
            found |= {feature["id"] for feature in decoded.get(layer, {"features": []})["features"]}
        return found

    def terrain_tile(self, level: int, x: int, y: int) -> bytes | None:
        """Return a terrain tile, None where there is none."""
        tile = self.folder / self.pointer["terrain"] / str(level) / str(x) / f"{y}.terrain"
        return tile.read_bytes() if tile.exists() else None

    def finest_terrain_level(self) -> int:
        """The deepest level that layer.json offers."""
        layer = json.loads((self.folder / self.pointer["terrain"] / "layer.json").read_text(encoding="utf-8"))
        return len(layer["available"]) - 1

    def tilesets(self) -> list[Path]:
        """Every tileset.json of the published revision."""
        return sorted((self.folder / self.pointer["revision"]).rglob("*tileset*.json"))


def plain(file: Path) -> bytes:
    """Return a file's content, which lies gzipped at rest."""
    content = file.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def judged(scene: Scene, name: str, real_data: Path) -> Iterator[Row]:
    """Put a scene before foreign judges: the schemas of 3D Tiles and Khronos' glTF validator."""
    errors = [error for tileset in scene.tilesets() for error in judges.tileset_errors(tileset, real_data)]
    yield Row(name, f"{len(scene.tilesets())} tilesets, by the schemas of 3D Tiles", "valid", _said(errors))
    files = sorted((scene.folder / scene.pointer["revision"] / "buildings").rglob("*.glb"))
    yield Row(
        name, f"{len(files)} glb files, by Khronos' validator", "valid", _said(judges.gltf_issues(files))
    )
    yield at_least(name, "glb files", 1, len(files))


def _said(errors: list[str]) -> str:
    return f"{len(errors)}: {errors[0]}" if errors else "valid"
