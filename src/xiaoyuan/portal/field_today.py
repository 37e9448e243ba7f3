"""What a grid worker takes along: today's work and the courtyards of the own grid, as one answer with a tag."""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson
import shapely
from django.utils import timezone
from django.utils.translation import get_language

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.fieldwork.form_queries import offered_to, schema_of
from xiaoyuan.fieldwork.models.forms import FormVersion
from xiaoyuan.fieldwork.xlsforms.browser import for_browser
from xiaoyuan.incidents.access import steps_of
from xiaoyuan.incidents.choices import State, Step
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.queries import assigned_to, categories_of
from xiaoyuan.incidents.workflow import WITH_REASON
from xiaoyuan.lib import plate_code
from xiaoyuan.register.models import SHOWN, County
from xiaoyuan.register.queries.console import courtyards_within
from xiaoyuan.register.queries.divisions import divisions_in_force

MOST_COURTYARDS: Final = 3000
"""A grid has some hundred courtyards; a whole township does not belong on a phone."""
MOST_FORMS: Final = 40
_ON_A_PHONE: Final = frozenset({Step.ACCEPT, Step.START, Step.FINISH, Step.ESCALATE, Step.NOTE})


def today_for(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """Return all that the pages in the field show. Numbers of rows are texts: scripts cannot count that far."""
    scope = Scope(prefixes=viewer.scope_for(Permission.WORK_IN_FIELD).prefixes)
    courtyards, is_cut = _courtyards(scope)
    return {
        "user": str(viewer.actor.user_id),
        "name": viewer.actor.label,
        "day": timezone.localdate(now).isoformat(),
        "divisions": _divisions(scope),
        "categories": _categories(scope),
        "incidents": [_incident(viewer, row) for row in assigned_to(viewer.actor.user_id or 0)[:200]],
        "tasks": [],
        "visits": [],
        "rounds": [],
        "forms": _forms(scope),
        "courtyards": courtyards,
        "is_cut": is_cut,
        "plates": _plates(scope),
    }


def tagged(body: dict[str, Any]) -> tuple[bytes, str]:
    """Return an answer's bytes and its ETag."""
    content = orjson.dumps(body, default=str)
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _forms(scope: Scope) -> list[dict[str, Any]]:
    """Return the forms that are filled here, ready to be shown and checked without a server."""
    language = get_language() or "zh-hans"
    return [
        {
            "version": str(row.pk),
            "key": row.form.key,
            "number": row.number,
            "division": row.division_code,
            **_prepared(row.pk, row.updated_at, language),
        }
        for row in offered_to(scope).defer("schema")[:MOST_FORMS]
    ]


@lru_cache(maxsize=128)
def _prepared(version_id: int, _updated_at: datetime, language: str) -> dict[str, Any]:
    """Return a version's form for phones; what is in use never changes, every phone of the county asks for it."""
    version = FormVersion.objects.unscoped("reached by whoever fills it").get(pk=version_id)
    return for_browser(schema_of(version), language)


def _divisions(scope: Scope) -> list[dict[str, str]]:
    codes = {prefix[:12] for prefix in scope.prefixes}
    rows = divisions_in_force().filter(code__in=codes).order_by("code")
    return [{"code": row.code, "name": row.name} for row in rows]


def _categories(scope: Scope) -> list[dict[str, str]]:
    counties = County.objects.filter(code__in={prefix[:6] for prefix in scope.prefixes})
    return [
        {"code": row.code, "name": row.name, "group": row.group, "county": county.code}
        for county in counties
        for row in categories_of(county.pk)
    ]


def _incident(viewer: Viewer, row: Incident) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "version": row.row_version,
        "category": row.category.name,
        "state": str(State(row.state).label),
        "words": row.words,
        "place": row.place,
        "courtyard": str(row.courtyard_id or ""),
        "finish_by": row.finish_by.isoformat(),
        "steps": [
            {"step": step.value, "label": str(step.label), "needs_reason": step in WITH_REASON}
            for step in steps_of(viewer, row)
            if step in _ON_A_PHONE
        ],
    }


def _courtyards(scope: Scope) -> tuple[list[dict[str, Any]], bool]:
    rows = list(courtyards_within(scope)[: MOST_COURTYARDS + 1])
    found = []
    for row in rows[:MOST_COURTYARDS]:
        point = None if row.wkb is None else shapely.from_wkb(bytes(row.wkb)).representative_point()
        found.append(
            {
                "id": str(row.pk),
                "address": row.address or row.name or row.code,
                "number": row.house_number or "",
                "group": row.group,
                "division": row.division_code[:12],
                "households": row.household_count,
                "lon": None if point is None else round(point.x, 6),
                "lat": None if point is None else round(point.y, 6),
            }
        )
    return found, len(rows) > MOST_COURTYARDS


def _plates(scope: Scope) -> list[dict[str, str]]:
    """Return the live plates by the hash of their token: a phone knows them again and can make none."""
    rows = Doorplate.objects.within(scope).filter(SHOWN, state__in=LIVE).order_by("code")
    return [
        {
            "id": str(row.pk),
            "hash": bytes(row.token_hash).hex(),
            "code": plate_code.spaced(row.code),
            "courtyard": str(row.courtyard_id),
            "state": str(row.get_state_display()),
            "version": row.row_version,
        }
        for row in rows[:MOST_COURTYARDS]
    ]
