"""The deployment's own WSGI application, with two bare pages beside it to compare with, for `bench.scans`."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from xiaoyuan.config.wsgi import application as deployed


def hello(request: HttpRequest) -> HttpResponse:
    """Answer at once: what the server and Django's middleware cost without any work."""
    return HttpResponse(b"hello")


urlpatterns = [path("hello", hello), path("", include("xiaoyuan.config.urls"))]
settings.ROOT_URLCONF = __name__


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer /bare without Django, all else as the deployment does."""
    if environ["PATH_INFO"] == "/bare":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"hello"]
    answer: Iterable[bytes] = deployed(environ, start_response)
    return answer
