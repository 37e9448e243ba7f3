"""What a published scene holds, read from its files by decoders that are not ours."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import mapbox_vector_tile
import referencing
import referencing.jsonschema

from tests.proof import counts
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


def schema_errors(tileset: Path, real_data: Path) -> Iterator[str]:
    """Yield what the specification's own schemas find wrong with a tileset."""
    folder = real_data / "3dtiles" / "schema"
    schema = json.loads(counts.require(folder / "tileset.schema.json").read_text(encoding="utf-8"))

    def retrieve(uri: str) -> referencing.Resource[Any]:
        # The schemas name each other by file name, whatever folder they lie in.
        (file,) = folder.rglob(uri.rsplit("/", 1)[-1])
        return referencing.jsonschema.DRAFT202012.create_resource(
            json.loads(file.read_text(encoding="utf-8"))
        )

    registry: referencing.Registry[Any] = referencing.Registry(retrieve=retrieve)  # type: ignore[call-arg]  # attrs alias
    validator = jsonschema.Draft202012Validator(schema, registry=registry)
    for error in validator.iter_errors(json.loads(plain(tileset))):
        yield f"{tileset.name} {error.json_path}: {error.message[:120]}"
