"""All routes, assembled from the packages' own tables."""

from django.contrib import admin
from django.urls import include, path

from xiaoyuan.config import api

urlpatterns = [
    path("api/v1/", api.patterns()),
    path("", include("xiaoyuan.twin.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]

handler404 = "xiaoyuan.config.errors.page_not_found"
handler500 = "xiaoyuan.config.errors.server_error"
