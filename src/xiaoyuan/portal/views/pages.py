"""Cutting long lists into pages that a link can name; leading old addresses of divisions to the new ones."""

from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from xiaoyuan.lib import divisions

ROWS: Final = 50


def page_of_list(request: HttpRequest, rows: "QuerySet[Any]") -> "Page[Any]":
    """Return the page that `?page=` asks for; a number that does not exist gives the nearest page."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def led_on(request: HttpRequest, asked: str, now: str) -> HttpResponse | None:
    """Return the way to a division's page when it was asked for by a code that it bears no more, else None."""
    old = divisions.normalise(asked)
    if old == now:
        return None
    address = request.get_full_path().replace(f"/{asked}/", f"/{now}/", 1)
    return HttpResponsePermanentRedirect(address)
