"""Cutting long lists into pages that a link can name."""

from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

ROWS: Final = 50


def page_of_list(request: HttpRequest, rows: "QuerySet[Any]") -> "Page[Any]":
    """Return the page that `?page=` asks for; a number that does not exist gives the nearest page."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))
