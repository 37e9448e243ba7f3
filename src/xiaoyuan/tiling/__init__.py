"""Geometry to files that every viewer reads: buildings to 3D Tiles, elevation to quantized-mesh, vectors to MVT.

Pure: arrays in, files out; knows no Django and no database.
"""

from xiaoyuan.tiling.buildings import (
    BuildingScene,
    BuildingSet,
    TilesetReport,
    build_buildings,
    rebuild_buildings,
)
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.errors import (
    ColumnError,
    MissingCrsError,
    NotElevationError,
    NotReadableError,
    OutsideTerrainError,
    TilingError,
)
from xiaoyuan.tiling.terrain_tiles import TerrainReport, build_terrain, rendered_height
from xiaoyuan.tiling.terrarium_tiles import TerrariumReport, build_terrarium
from xiaoyuan.tiling.vector_index import VectorIndex, tile_box, tiles_touching
from xiaoyuan.tiling.vector_layer import VectorLayer
from xiaoyuan.tiling.vector_tiles import VectorReport, build_vectors, rebuild_vectors

__all__ = [
    "BuildingScene",
    "BuildingSet",
    "ColumnError",
    "MissingCrsError",
    "NotElevationError",
    "NotReadableError",
    "OutsideTerrainError",
    "Terrain",
    "TerrainReport",
    "TerrariumReport",
    "TilesetReport",
    "TilingError",
    "VectorIndex",
    "VectorLayer",
    "VectorReport",
    "build_buildings",
    "build_terrain",
    "build_terrarium",
    "build_vectors",
    "rebuild_buildings",
    "rebuild_vectors",
    "rendered_height",
    "tile_box",
    "tiles_touching",
]
