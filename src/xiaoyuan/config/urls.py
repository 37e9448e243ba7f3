"""All routes, assembled from the packages' own tables."""

from typing import Final

from allauth.account import urls as sign_in
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from xiaoyuan.config import api, health

SIGN_IN_PAGES: Final = frozenset(
    {
        "account_login",
        "account_logout",
        "account_signup",
        "account_inactive",
        "account_change_password",
        "account_reauthenticate",
    }
)
"""Pages of allauth that are open; those that send mail (resets, codes) have nobody to send it to."""

# The back office's own form would know no lock after failures.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's documented way

urlpatterns = [
    path("api/v1/", api.patterns()),
    path("", include("xiaoyuan.portal.urls")),
    path("", include("xiaoyuan.twin.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include([page for page in sign_in.urlpatterns if page.name in SIGN_IN_PAGES])),
    path("admin/", admin.site.urls),
]

handler400 = "xiaoyuan.config.errors.bad_request"
handler403 = "xiaoyuan.config.errors.forbidden"
handler404 = "xiaoyuan.config.errors.page_not_found"
handler500 = "xiaoyuan.config.errors.server_error"
