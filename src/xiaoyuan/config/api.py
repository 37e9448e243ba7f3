"""The API under /api/v1/, assembled from the packages' routers; each operation declares a permission."""

from typing import Any

from django.db import transaction
from django.urls import URLPattern
from ninja import NinjaAPI

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import declared_permission
from xiaoyuan.portal.api import router as portal_router
from xiaoyuan.portal.field_api import router as field_router
from xiaoyuan.portal.plate_api import router as plate_router

api = NinjaAPI(
    title="Xiaoyuan 数字小院",
    version="1",
    description="The API of a digital village. What it answers depends on the viewer's grants.",
    docs_url=None,
    openapi_url="/openapi.json",
)
api.add_router("", portal_router)
api.add_router("/field", field_router)
api.add_router("/plates", plate_router)


def patterns() -> tuple[list[Any], str, str]:
    """Return ninja's URL patterns, each carrying the permission that its operation declares."""
    declared: dict[str, Permission] = {"openapi-json": Permission.PUBLIC, "api-root": Permission.PUBLIC}
    own_transactions: set[str] = set()
    for _prefix, router in api._routers:
        for path_view in router.path_operations.values():
            for operation in path_view.operations:
                permission = declared_permission(operation.view_func)
                if hasattr(operation.view_func, "_non_atomic_requests"):
                    own_transactions.add(api.get_operation_url_name(operation, router))
                if permission is not None:
                    declared[api.get_operation_url_name(operation, router)] = permission
    urls, app_name, namespace = api.urls
    for pattern in urls:
        if isinstance(pattern, URLPattern) and pattern.name in declared:
            if pattern.name in own_transactions:
                transaction.non_atomic_requests(pattern.callback)
            pattern.callback.permission = declared[pattern.name]  # type: ignore[attr-defined]  # read by the check
    return urls, app_name, namespace
