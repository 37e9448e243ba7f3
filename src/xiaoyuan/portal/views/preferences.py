"""Two tastes that a reader keeps in cookies: the language and large type."""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as django_set_language

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires
from xiaoyuan.ui.context import ELDER_COOKIE

_YEAR: Final = 365 * 24 * 3600


# Without a token public pages stay the same for everybody and set no cookie by themselves; what a forged request
# could do is change the type size.
@csrf_exempt
@requires(Permission.PUBLIC)
@require_POST
def set_elder(request: HttpRequest) -> HttpResponse:
    """Switch large type on or off and go back."""
    response = HttpResponseRedirect(_page_before(request))
    if request.POST.get("elder") == "1":
        response.set_cookie(ELDER_COOKIE, "1", max_age=_YEAR, samesite="Lax", secure=settings.IS_HTTPS)
    else:
        response.delete_cookie(ELDER_COOKIE, samesite="Lax")
    return response


@csrf_exempt
@requires(Permission.PUBLIC)
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language and go back (Django's own view under a declared permission)."""
    return django_set_language(request)


def _page_before(request: HttpRequest) -> str:
    referrer = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(
        referrer, {request.get_host()}, require_https=request.is_secure()
    )
    if not is_ours:
        return reverse("home")
    parts = urlsplit(referrer)
    # A path of two slashes would be the address of another host.
    return escape_leading_slashes(f"{parts.path}?{parts.query}" if parts.query else parts.path or "/")
