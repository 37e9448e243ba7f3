"""Routes of scene files."""

from django.urls import path

from xiaoyuan.twin import views, views_models
from xiaoyuan.twin.ogc import views as ogc

urlpatterns = [
    path("twin/models/<str:key>/<path:path>", views_models.model_file, name="twin_model_file"),
    path("twin/<str:key>/current.json", views.scene_pointer, name="twin_pointer"),
    path("twin/<str:key>/revisions.json", views.scene_revisions, name="twin_revisions"),
    path("twin/<str:key>/revisions/<str:name>.json", views.scene_revision, name="twin_revision"),
    path(
        "twin/<str:key>/vectors/<slug:index>/<int:zoom>/<int:column>/<int:row>.pbf",
        views.scene_tile,
        name="twin_tile",
    ),
    path("twin/<str:key>/tilejson.json", ogc.tilejson, name="twin_tilejson"),
    path("twin/<str:key>/<path:path>", views.scene_file, name="twin_file"),
    path("ogc/", ogc.landing, name="ogc_landing"),
    path("ogc/api", ogc.api, name="ogc_api"),
    path("ogc/conformance", ogc.conformance, name="ogc_conformance"),
    path("ogc/collections", ogc.collections, name="ogc_collections"),
    path("ogc/collections/<str:name>", ogc.collection, name="ogc_collection"),
    path("ogc/collections/<str:name>/items", ogc.items, name="ogc_items"),
    path("ogc/collections/<str:name>/items/<str:feature_id>", ogc.item, name="ogc_item"),
    path("ogc/tiles", ogc.tilesets, name="ogc_tilesets"),
    path("ogc/tiles/<str:key>/WebMercatorQuad", ogc.tileset, name="ogc_tileset"),
    path(
        "ogc/tiles/<str:key>/WebMercatorQuad/<int:zoom>/<int:row>/<int:column>",
        ogc.tile,
        name="ogc_tile",
    ),
]
