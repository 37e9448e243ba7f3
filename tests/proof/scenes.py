"""What a published scene holds, read from its files by decoders that are not ours."""

import gzip
import json
import sqlite3
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
        with sqlite3.connect(stage.folder / "xiaoyuan.sqlite3") as database:
            pointer, state = database.execute(
                "SELECT r.pointer, r.state FROM twin_scenerevision r JOIN twin_scene s ON r.scene_id = s.id"
                " WHERE s.key = ? AND r.name = s.revision",
                (key,),
            ).fetchone()
        self.pointer: dict[str, Any] = json.loads(pointer)
        self.state: dict[str, Any] = json.loads(state)

    def features(self, layer: str) -> set[int]:
        """Return the distinct ids of a layer in the vector tiles of the finest level."""
        finest = self.pointer["vector_zooms"][1]
        found: set[int] = set()
        for name in self._tiles(finest):
            decoded = mapbox_vector_tile.decode(plain(self.folder / "files" / name))
            found |= {feature["id"] for feature in decoded.get(layer, {"features": []})["features"]}
        return found

    def _tiles(self, zoom: int) -> Iterator[str]:
        """Yield the names of the vector tiles of a zoom."""
        for shard in self._document(self.state["vectors"])["shards"].values():
            for place, name in self._document(shard).items():
                if place.startswith(f"{zoom}/"):
                    yield name

    def _document(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(plain(self.folder / "files" / name))
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
        """The entry document of the buildings and those it names."""
        entry = self.pointer["tileset"].rpartition("/")[2]
        root = self._document(entry)["root"]
        names = [entry, *sorted(child["content"]["uri"] for child in root["children"])]
        return [self.folder / "files" / name for name in names]

    def models(self) -> list[Path]:
        """The glb files of the published revision."""
        found: set[str] = set()
        for tileset in self.tilesets()[1:]:
            waiting = [self._document(tileset.name)["root"]]
            while waiting:
                tile = waiting.pop()
                waiting.extend(tile.get("children", []))
                found.add(tile["content"]["uri"])
        return [self.folder / "files" / name for name in sorted(found)]


def plain(file: Path) -> bytes:
    """Return a file's content, which lies gzipped at rest."""
    content = file.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def judged(scene: Scene, name: str, real_data: Path) -> Iterator[Row]:
    """Put a scene before foreign judges: the schemas of 3D Tiles and Khronos' glTF validator."""
    errors = [error for tileset in scene.tilesets() for error in judges.tileset_errors(tileset, real_data)]
    yield Row(name, f"{len(scene.tilesets())} tilesets, by the schemas of 3D Tiles", "valid", _said(errors))
    files = scene.models()
    yield Row(
        name, f"{len(files)} glb files, by Khronos' validator", "valid", _said(judges.gltf_issues(files))
    )
    yield at_least(name, "glb files", 1, len(files))


def _said(errors: list[str]) -> str:
    return f"{len(errors)}: {errors[0]}" if errors else "valid"
