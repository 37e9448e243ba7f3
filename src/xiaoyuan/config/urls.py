"""All routes, assembled from the packages' own tables."""

from django.contrib import admin
from django.urls import include, path

from xiaoyuan.config import api, health

urlpatterns = [
    path("api/v1/", api.patterns()),
    path("", include("xiaoyuan.portal.urls")),
    path("", include("xiaoyuan.twin.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "xiaoyuan.config.errors.bad_request"
handler403 = "xiaoyuan.config.errors.forbidden"
handler404 = "xiaoyuan.config.errors.page_not_found"
handler500 = "xiaoyuan.config.errors.server_error"
