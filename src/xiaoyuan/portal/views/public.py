"""The portal's home page and the public page of a division."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires
from xiaoyuan.accounts.viewers import THE_STRANGER
from xiaoyuan.indicators.definitions import INDICATORS
from xiaoyuan.notices.queries import codes_above, current
from xiaoyuan.portal.queries.home import towns
from xiaoyuan.portal.screen import screen_answer
from xiaoyuan.portal.views.pages import led_on
from xiaoyuan.register.access import access_division
from xiaoyuan.register.queries.divisions import search_divisions
from xiaoyuan.ui.templatetags.ui import NO_VALUE

_DECIMALS: Final = {indicator.id: indicator.decimals for indicator in INDICATORS}


@requires(Permission.PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    """What this deployment holds, and a search for villages."""
    wanted = request.GET.get("q", "").strip()[:60]
    cards = towns(timezone.localdate())
    context = {
        "section": "home",
        "q": wanted,
        "hits": search_divisions(wanted, limit=30),
        "towns": cards,
        "is_sample": any(card.is_sample for card in cards),
    }
    return render(request, "portal/home.html", context)


@requires(Permission.PUBLIC)
def village(request: HttpRequest, code: str) -> HttpResponse:
    """A division as anyone may see it: the same figures for officers and strangers."""
    division = access_division(code)
    if moved := led_on(request, code, division.code):
        return moved
    now = timezone.now()
    context = {
        **page_of(screen_answer(THE_STRANGER, division.code, now)),
        "office_phone": division.office_phone,
        "notices": current(codes_above(division.code), now, 3),
    }
    return render(request, "portal/village.html", context)


def page_of(screen: dict[str, Any]) -> dict[str, Any]:
    """Return a screen's answer with what page templates ask of it."""
    return {
        # The pages' own viewer stays: the answer's is a summary for the viewer bundle.
        **{name: value for name, value in screen.items() if name != "viewer"},
        "panels": [
            {
                **panel,
                "figures": [{**figure, "shown": shown(figure)} for figure in panel["figures"]],
                "chart_rows": chart_rows(panel["chart"]),
            }
            for panel in screen["panels"]
        ],
        "scene": screen["scenes"][0] if screen["scenes"] else None,
        "read_at": screen["as_of"][:16].replace("T", " "),
        "bounds_text": ",".join(f"{degrees:.6f}" for degrees in screen["bounds"] or ()),
        "child_rows": [child for child in screen["children"] if any(child["figures"].values())],
        "other_children": [child for child in screen["children"] if not any(child["figures"].values())],
    }


def shown(figure: dict[str, Any]) -> str:
    """Return a figure's value with its indicator's decimals, grouped by three; a dash when there is none."""
    value = figure["value"]
    if isinstance(value, (int, float)):
        return number_format(value, _DECIMALS.get(figure["id"], 0), force_grouping=True)
    return str(value) if value else NO_VALUE


def chart_rows(chart: dict[str, Any] | None) -> list[tuple[str, list[Any]]]:
    """Return a chart as rows of a table: the category and the value of each series."""
    if chart is None:
        return []
    columns = [series["values"] for series in chart["series"]]
    return [
        (category, [values[index] for values in columns])
        for index, category in enumerate(chart["categories"])
    ]
