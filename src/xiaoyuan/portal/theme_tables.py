"""A theme as a table: for the page without scripts, and for whoever reads numbers rather than colours."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.portal.themes import theme_answer, theme_list


def theme_choices(viewer: Viewer, code: str) -> list[dict[str, str]]:
    """Return the offered themes, each with the word for what it colours as `group`."""
    groups = {
        "division": _("divisions"),
        "courtyard": _("courtyards"),
        "parcel": _("parcels"),
        "building": _("buildings"),
    }
    return [{**line, "group": groups[line["subject"]]} for line in theme_list(viewer, code)]


def theme_table(viewer: Viewer, code: str, theme_id: str, now: datetime) -> dict[str, Any]:
    """Return a theme's rows: divisions with their value, or classes of places with how many fall in each.

    Raises `NotFound` for a theme that is not offered.
    """
    answer = theme_answer(viewer, code, theme_id, now)
    head = {"id": theme_id, "title": answer["title"], "unit": answer["unit"], "withheld": answer["withheld"]}
    if answer["subject"] == "division":
        lines = zip(answer["keys"], answer["names"], answer["values"], strict=True)
        rows = [{"code": key, "label": name, "value": value} for key, name, value in lines]
        return {**head, "first_column": _("Division"), "second_column": _("Value"), "rows": rows}
    rows = _words(answer) if answer["scale"] == "words" else _numbers(answer)
    missing = sum(value is None for value in answer["values"])
    if missing:
        rows.append({"label": _("no data"), "value": missing})
    return {**head, "first_column": pgettext("map", "Class"), "second_column": _("Count"), "rows": rows}


def _words(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"label": line["label"], "value": line["count"]} for line in answer["categories"]]


def _numbers(answer: dict[str, Any]) -> list[dict[str, Any]]:
    limits = answer["breaks"]["quantile"]
    is_year = answer["id"].endswith("built_year")
    rows = []
    for number, (low, high) in enumerate(pairwise(limits)):
        is_last = number == len(limits) - 2
        inside = [
            value
            for value in answer["values"]
            if value is not None and (low <= value < high or (is_last and value == high))
        ]
        shown = [str(int(value)) if is_year else _number(value) for value in (low, high)]
        label = shown[0] if low == high else f"{shown[0]} – {'' if is_last else '<'}{shown[1]}"
        rows.append({"label": label, "value": len(inside)})
    return rows


def _number(value: float) -> str:
    return number_format(int(value) if value == int(value) else round(value, 2))
