"""Each route declares one permission; an undeclared route fails the system check at start-up."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotPermitted, SignInNeeded
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.row_security import apply_scope
from xiaoyuan.accounts.viewers import Viewer, viewer_of

View = Callable[..., HttpResponseBase]
Response = TypeVar("Response", bound=HttpResponseBase)


class ViewerRequest(HttpRequest):
    """A request behind `ViewerMiddleware` (for type checks only)."""

    viewer: Viewer


class _Declared(Protocol):
    permission: Permission


def requires(permission: Permission) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Declare and enforce a route's permission. Which rows it opens is decided by the access functions."""

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
            require(viewer_behind(request), permission)
            apply_scope(viewer_behind(request))
            response = view(request, *args, **kwargs)
            # What a sign-in opens stays in no cache: the next person at the machine must not page back to it.
            if permission is not Permission.PUBLIC or viewer_behind(request).is_signed_in:
                response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        cast(_Declared, guarded).permission = permission
        return guarded

    return decorate


def require(viewer: Viewer, permission: Permission) -> None:
    """Raise `SignInNeeded` or `NotPermitted` unless the viewer holds the permission somewhere."""
    if viewer.may(permission):
        return
    if not viewer.is_signed_in:
        raise SignInNeeded
    raise NotPermitted


def viewer_behind(request: HttpRequest) -> Viewer:
    """Return the viewer that `ViewerMiddleware` put on a request."""
    return cast(ViewerRequest, request).viewer


def declared_permission(view: object) -> Permission | None:
    """Return the permission a view declares, or None."""
    return getattr(view, "permission", None)


class ViewerMiddleware:
    """Puts `request.viewer` on every request (read from the database only when a page asks)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Attach the viewer and go on."""

        def look_up() -> Viewer:
            user = request.user
            return viewer_of(user if isinstance(user, User) else None, timezone.now())

        cast(ViewerRequest, request).viewer = cast(Viewer, SimpleLazyObject(look_up))
        return self.get_response(request)
