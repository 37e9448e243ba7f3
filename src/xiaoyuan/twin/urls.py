"""Routes of scene files."""

from django.urls import path

from xiaoyuan.twin import views

urlpatterns = [path("twin/<str:key>/<path:path>", views.scene_file, name="twin_file")]
