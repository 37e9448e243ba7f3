"""Reads of incidents: lists within a scope, what is near, what a receipt opens, how fast things go."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, F, Q, QuerySet

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.incidents.choices import State
from xiaoyuan.incidents.models import Incident, IncidentAction, IncidentCategory
from xiaoyuan.incidents.workflow import ENDED, OPEN
from xiaoyuan.lib import receipts
from xiaoyuan.register.models import SHOWN

NEAR_M: Final = 50.0
"""Within how many metres a report of the same category may be about the same thing."""
_METRES_A_DEGREE: Final = 111_320.0
_PUBLIC: Final = "the receipt, or the public list, decides what is shown"


def incidents_within(scope: Scope) -> "QuerySet[Incident]":
    """Return the incidents of a scope that pages show, the newest first."""
    rows: QuerySet[Incident] = (
        Incident.objects.within(scope)
        .filter(SHOWN)
        .select_related("category", "assigned_to", "courtyard")
        .order_by("-reported_at", "-pk")
    )
    return rows


def overdue(now: datetime) -> Q:
    """Return the condition of being overdue at `now`: not answered in time, or not done in time."""
    return Q(state=State.REPORTED, accept_by__lt=now) | Q(state__in=sorted(OPEN), finish_by__lt=now)


def assigned_to(user_id: int) -> "QuerySet[Incident]":
    """Return the open incidents assigned to somebody, the most urgent first."""
    rows: QuerySet[Incident] = (
        Incident.objects.unscoped("what is assigned to somebody is theirs to see")
        .filter(SHOWN, assigned_to_id=user_id, state__in=sorted(OPEN))
        .select_related("category", "courtyard")
        .order_by("finish_by", "pk")
    )
    return rows


def categories_of(county_id: int, *, for_public: bool = False) -> "QuerySet[IncidentCategory]":
    """Return the categories in use in a county, in their order; for strangers those that are offered to anybody."""
    rows = IncidentCategory.objects.filter(county_id=county_id, is_active=True)
    if for_public:
        rows = rows.filter(is_public=True)
    return rows.order_by("position", "code")


def category_by_code(county_id: int, code: str) -> IncidentCategory | None:
    """Return a category in use by its code."""
    return categories_of(county_id).filter(code=code).first()


@dataclass(frozen=True)
class NearIncident:
    """An open incident nearby, without anybody's words: enough to say “the same thing”."""

    incident_id: int
    category: str
    state: str
    reported_at: datetime
    metres: int


def nearby_duplicates(
    *,
    county_id: int,
    category_id: int | None,
    lon: float,
    lat: float,
    is_sample: bool,
    within_m: float = NEAR_M,
) -> list[NearIncident]:
    """Return open incidents of a category within some metres, the nearest first, at most five.

    Only of listed categories: whoever stands at a door must not read that its people asked for help or quarrel.
    """
    dlat = within_m / _METRES_A_DEGREE
    dlon = dlat / max(0.1, math.cos(math.radians(lat)))
    rows = (
        Incident.objects.unscoped(_PUBLIC)
        .filter(
            county_id=county_id,
            is_sample=is_sample,
            category__is_listed=True,
            state__in=sorted(OPEN),
            lon__range=(lon - dlon, lon + dlon),
            lat__range=(lat - dlat, lat + dlat),
        )
        .select_related("category")
    )
    if category_id is not None:
        rows = rows.filter(category_id=category_id)
    found = []
    for row in rows[:200]:
        east = (row.lon - lon) * _METRES_A_DEGREE * math.cos(math.radians(lat))
        metres = math.hypot(east, (row.lat - lat) * _METRES_A_DEGREE)
        if metres <= within_m:
            label = str(State(row.state).label)
            found.append(NearIncident(row.pk, row.category.name, label, row.reported_at, round(metres)))
    return sorted(found, key=lambda near: near.metres)[:5]


def by_receipt(secret: str) -> Incident | None:
    """Return the incident that a receipt's secret opens, or None."""
    found: Incident | None = (
        Incident.objects.unscoped(_PUBLIC)
        .filter(receipt_hash=receipts.hash_secret(secret))
        .select_related("category", "merged_into__category")
        .first()
    )
    return found


def timeline(incident: Incident, *, for_reporter: bool) -> list[IncidentAction]:
    """Return the steps of an incident in order; for the reporter the public ones."""
    rows = IncidentAction.objects.unscoped("the incident was reached before").filter(incident=incident)
    if for_reporter:
        rows = rows.filter(is_public=True)
    return list(rows.order_by("at", "pk"))


@dataclass(frozen=True)
class CategoryLoad:
    """How a category stands in a division: figures of work, not of people. Hours are means, None without a case."""

    category: str
    code: str
    open: int
    overdue: int
    finished: int
    in_time: int
    accept_hours: float | None
    finish_hours: float | None


def loads(scope: Scope, since: datetime, now: datetime) -> list[CategoryLoad]:
    """Return the load and response times of each category for incidents reported since. One query."""
    done = Q(done_at__isnull=False)
    rows: Iterable[dict[str, Any]] = (
        Incident.objects.within(scope)
        .filter(SHOWN, reported_at__gte=since)
        .exclude(state=State.MERGED)
        .order_by()
        .values("category__name", "category__code")
        .annotate(
            open=Count("pk", filter=Q(state__in=sorted(OPEN))),
            late=Count("pk", filter=overdue(now)),
            finished=Count("pk", filter=done),
            in_time=Count("pk", filter=done & Q(done_at__lte=F("finish_by"))),
            accepting=Avg(F("accepted_at") - F("reported_at")),
            finishing=Avg(F("done_at") - F("reported_at")),
        )
        .order_by("category__code")
    )
    return [
        CategoryLoad(
            row["category__name"],
            row["category__code"],
            row["open"],
            row["late"],
            row["finished"],
            row["in_time"],
            _hours(row["accepting"]),
            _hours(row["finishing"]),
        )
        for row in rows
    ]


def loads_by_division(scope: Scope, digits: int, since: datetime, now: datetime) -> dict[str, dict[str, int]]:
    """Return open, overdue and finished incidents by the first `digits` of the division."""
    counts: dict[str, dict[str, int]] = {}
    rows = (
        Incident.objects.within(scope)
        .filter(SHOWN, reported_at__gte=since)
        .exclude(state=State.MERGED)
        .values_list("division_code", "state", "finish_by", "accept_by", "done_at")
    )
    for code, state, finish_by, accept_by, done_at in rows.iterator(2000):
        cell = counts.setdefault(code[:digits], {"open": 0, "overdue": 0, "finished": 0})
        cell["open"] += state in OPEN
        late = state in OPEN and (finish_by < now or (state == State.REPORTED and accept_by < now))
        cell["overdue"] += late
        cell["finished"] += done_at is not None
    return counts


def _hours(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds() / 3600, 1)


def listed(county_id: int | None = None) -> "QuerySet[Incident]":
    """Return what public lists may show: incidents of listed categories, whose words are never among it."""
    rows = Incident.objects.unscoped(_PUBLIC).filter(SHOWN, category__is_listed=True)
    if county_id is not None:
        rows = rows.filter(county_id=county_id)
    found: QuerySet[Incident] = rows.select_related("category").order_by("-reported_at", "-pk")
    return found


def is_ended(incident: Incident) -> bool:
    """Whether nothing is expected any more."""
    return incident.state in ENDED
