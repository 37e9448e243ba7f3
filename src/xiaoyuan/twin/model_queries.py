"""Which imported models a division shows, and who may load their files."""

from typing import Any

from django.db.models import Q

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.models import ImportedModel

_BY_CLASS = "each row is shown by its layer class"


def models_for(code: str, *, with_internal: bool = False) -> list[ImportedModel]:
    """Return the models at, below and above a division, the newest first; restricted ones are on no screen."""
    classes = [LayerClass.PUBLIC, LayerClass.INTERNAL] if with_internal else [LayerClass.PUBLIC]
    around = Q(**divisions.range_below(code)) | Q(division_code__in=divisions.ancestors(code))
    rows = ImportedModel.objects.unscoped(_BY_CLASS).filter(around, layer_class__in=classes)
    return list(rows.order_by("-created_at", "pk"))


def screen_models(viewer: Viewer, code: str) -> list[dict[str, Any]]:
    """Return the models of a division that the viewer may load, as the screen needs them."""
    return [
        {
            "id": row.key,
            "key": row.key,
            "name": row.name,
            "url": f"/twin/models/{row.key}/{row.entry}",
            "bounds": [row.min_lon, row.min_lat, row.max_lon, row.max_lat],
            "attribution": row.attribution,
            "covers_buildings": row.covers_buildings,
        }
        for row in models_for(code, with_internal=viewer.may(Permission.CONSOLE))
        if _can_load(viewer, row)
    ]


def access_model(viewer: Viewer, key: str) -> ImportedModel:
    """Return a model: public ones for anyone, internal ones within the console right; raises `NotFound`."""
    row: ImportedModel | None = ImportedModel.objects.unscoped(_BY_CLASS).filter(key=key).first()
    if row is None or not _can_load(viewer, row):
        raise NotFound
    return row


def _can_load(viewer: Viewer, row: ImportedModel) -> bool:
    if row.layer_class == LayerClass.PUBLIC:
        return True
    right = Permission.CONSOLE if row.layer_class == LayerClass.INTERNAL else Permission.PUBLISH_TWIN
    return viewer.scope_for(right).contains_division(row.division_code)
