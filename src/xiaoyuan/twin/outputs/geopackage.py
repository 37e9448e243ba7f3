"""The scene's places as one GeoPackage in CGCS2000 (EPSG:4490), a layer for each table."""

from pathlib import Path

from xiaoyuan.exports.writing.geopackages import GeoPackage
from xiaoyuan.twin.outputs.features import as_wkb, counted, features
from xiaoyuan.twin.outputs.selecting import Progress, Wanted


def write_geopackage(wanted: Wanted, target: Path, progress: Progress) -> dict[str, int]:
    """Write all layers and return how many features each has."""
    counts: dict[str, int] = {}
    package = GeoPackage(target, metadata={key.upper(): text for key, text in wanted.about().items()})
    for some in features(wanted, progress):
        package.append(some.layer, some.fields, some.values, as_wkb(some.shapes))
        counted(counts, some)
    return counts
