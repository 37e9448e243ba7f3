"""Routes of scene files."""

from django.urls import path

from xiaoyuan.twin import views, views_models

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
    path("twin/<str:key>/<path:path>", views.scene_file, name="twin_file"),
]
