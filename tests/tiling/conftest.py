"""Foreign judges: the glTF validator and the JSON Schemas of 3D Tiles; and Mamre as columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from tests import judges
from xiaoyuan.tiling import BuildingSet


@pytest.fixture(scope="session")
def gltf_issues() -> Callable[[Path], list[str]]:
    """What Khronos' validator has against the glb files of a folder."""

    def issues(tiles: Path) -> list[str]:
        files = sorted(tiles.glob("*.glb"))
        assert files, f"{tiles} holds no glb"
        return judges.gltf_issues(files)

    return issues


@pytest.fixture(scope="session")
def schema_errors(real_data: Path) -> Callable[[Path], list[str]]:
    """What the 3D Tiles schemas have against a tileset.json."""
    return lambda tileset: judges.tileset_errors(tileset, real_data)


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
