"""The ground under a drawing: the register's elevation models that reach it, the finest first."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import SHOWN, TerrainModel
from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.cell_tasks import open_terrain
from xiaoyuan.twin.plan_errors import NoGround
from xiaoyuan.twin.reading import related_to

Bounds = tuple[float, float, float, float]
_WHY: Final = "heights of the ground of a division that was opened through access"


@dataclass(frozen=True)
class Ground:
    """Elevation of a drawing's surroundings, what it was made from, and a digest that changes with it."""

    terrain: Terrain
    models: tuple[dict[str, Any], ...]
    digest: str


def models_under(code: str, bounds: Bounds) -> list[TerrainModel]:
    """Return the public and internal models of a division, of those above and below, that meet a box in degrees."""
    west, south, east, north = bounds
    rows = TerrainModel.objects.unscoped(_WHY).filter(
        related_to(code),
        SHOWN,
        layer_class__in=[LayerClass.PUBLIC, LayerClass.INTERNAL],
        max_lon__gte=west,
        min_lon__lte=east,
        max_lat__gte=south,
        min_lat__lte=north,
    )
    return list(rows.order_by("cell_m", "pk"))


def digest_of(models: list[TerrainModel]) -> str:
    """Return what changes when a model comes, goes, is shifted or replaced."""
    words = [f"{model.sha256} {model.vertical_offset_m!r}" for model in models]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def ground_under(code: str, bounds: Bounds) -> Ground:
    """Read the ground of a box; raises `NoGround` when no model meets it."""
    models = models_under(code, bounds)
    if not models:
        raise NoGround
    folder = settings.DATA_DIR / "terrain"
    rasters = tuple((folder / model.file_name, model.vertical_offset_m) for model in models)
    said = tuple(
        {
            "name": model.name,
            "cell_m": model.cell_m,
            "datum": model.height_datum,
            "attribution": model.attribution,
        }
        for model in models
    )
    return Ground(open_terrain(rasters), said, digest_of(models))
