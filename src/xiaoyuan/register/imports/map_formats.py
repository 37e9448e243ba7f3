"""Which reader a map file goes to, by the end of its name and, for JSON, by what it says at its beginning."""

from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _

from xiaoyuan.register.imports.cityjson_files import is_cityjson, read_city_buildings
from xiaoyuan.register.imports.coordinates import Reference, UnusableCoordinates
from xiaoyuan.register.imports.osm_files import OSM, read_osm
from xiaoyuan.register.imports.parquet_files import PARQUET, read_parquet
from xiaoyuan.register.imports.place_files import (
    FLATGEOBUF,
    GEOJSON,
    GEOPACKAGE,
    KML,
    SHAPEFILE,
    UnreadableFile,
    read_file,
)
from xiaoyuan.register.imports.shapefiles import read_shapefiles
from xiaoyuan.register.imports.source_layers import SourceLayer
from xiaoyuan.register.imports.zip_files import ZIP


def read_map(
    path: Path, *, layer: str | None, source_crs: Reference | None, progress: Callable[[int, int], None]
) -> list[SourceLayer]:
    """Read the layers of a map file, or one; raises a `RegisterError` that names file, layer and what to do."""
    name = path.name.lower()
    if name.endswith(OSM):
        if source_crs is not None and source_crs.shift is not None:
            raise UnusableCoordinates(
                _("%(file)s: OpenStreetMap is in WGS 84; it never holds %(crs)s.")
                % {"file": path.name, "crs": source_crs.name}
            )
        return _only(read_osm(path, progress=progress), layer)
    if name.endswith(PARQUET):
        return _only(read_parquet(path, source_crs=source_crs, progress=progress), layer)
    if name.endswith((*ZIP, *SHAPEFILE)):
        return read_shapefiles(path, layer=layer, source_crs=source_crs, progress=progress)
    if name.endswith(".json") and is_cityjson(path):
        return _only([read_city_buildings(path, source_crs=source_crs)], layer)
    if name.endswith((*GEOJSON, *GEOPACKAGE, *FLATGEOBUF, *KML)):
        return read_file(path, layer=layer, source_crs=source_crs, progress=progress)
    raise UnreadableFile(
        _(
            "%(file)s: only GeoPackage (.gpkg), GeoJSON (.geojson), Shapefile (.zip, .shp), GeoParquet (.parquet), "
            "CityJSON (.city.json), FlatGeobuf (.fgb), KML (.kml) and OpenStreetMap (.osm.pbf, .osm) are read."
        )
        % {"file": path.name}
    )


def _only(layers: list[SourceLayer], name: str | None) -> list[SourceLayer]:
    return [layer for layer in layers if name is None or layer.name == name]
