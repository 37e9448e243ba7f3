"""Incidents as the desk shows them: who can take one on, what a page and the board hold."""

from dataclasses import dataclass
from datetime import datetime

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.queries import holders
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.attachments.queries import attachments_of
from xiaoyuan.incidents.actions.keeping import INCIDENT
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.queries import CategoryLoad, incidents_within, loads, loads_by_division
from xiaoyuan.incidents.workflow import OPEN
from xiaoyuan.lib import divisions
from xiaoyuan.register.queries.divisions import divisions_in_force


def assignable(incident: Incident, now: datetime) -> list[User]:
    """Return who may be given an incident: those who work on incidents at its place or where it is answered."""
    ids = {
        *holders(Permission.WORK_INCIDENTS, incident.division_code, now),
        *holders(Permission.WORK_INCIDENTS, incident.handled_by, now),
    }
    return sorted(User.objects.filter(pk__in=ids), key=lambda user: user.label)


def files_of(incident: Incident) -> list[Attachment]:
    """Return the photos and recordings of an incident."""
    return attachments_of(INCIDENT, [incident.pk]).get(incident.pk, [])


def targets_of(incident: Incident) -> list[tuple[str, str]]:
    """Return the divisions that an incident can be handed to: of its county, not the one that answers now."""
    county = incident.division_code[:6]
    rows = divisions_in_force().filter(**divisions.range_below(county, "code")).order_by("code")
    return [
        (code, name) for code, name in rows.values_list("code", "name")[:2000] if code != incident.handled_by
    ]


@dataclass(frozen=True)
class DivisionLoad:
    """How a division stands: cases, not people."""

    code: str
    name: str
    open: int
    overdue: int
    finished: int


@dataclass(frozen=True)
class Dot:
    """An open incident as a dot of the board's map: percent of width and height, seen from the north."""

    incident_id: int
    x: float
    y: float
    label: str
    is_late: bool


@dataclass(frozen=True)
class Board:
    """The board of a division."""

    by_category: list[CategoryLoad]
    by_division: list[DivisionLoad]
    dots: list[Dot]
    unplaced: int


def board_of(scope: Scope, code: str, since: datetime, now: datetime) -> Board:
    """Return the board: load and response times by category and by the divisions below, open ones on a map."""
    digits = next((length for length in sorted(divisions.LENGTHS) if length > len(code)), 15)
    cells = loads_by_division(scope, digits, since, now)
    names = dict(divisions_in_force().filter(code__in=cells).values_list("code", "name"))
    rows = [
        DivisionLoad(key, names.get(key, key), cell["open"], cell["overdue"], cell["finished"])
        for key, cell in sorted(cells.items())
    ]
    waiting = list(incidents_within(scope).filter(state__in=sorted(OPEN))[:1000])
    placed = [(row, row.lon, row.lat) for row in waiting if row.lon is not None and row.lat is not None]
    return Board(loads(scope, since, now), rows, _dots(placed, now), len(waiting) - len(placed))


def _dots(placed: list[tuple[Incident, float, float]], now: datetime) -> list[Dot]:
    if not placed:
        return []
    west, east = min(lon for _row, lon, _lat in placed), max(lon for _row, lon, _lat in placed)
    south, north = min(lat for _row, _lon, lat in placed), max(lat for _row, _lon, lat in placed)
    width, height = max(east - west, 0.002), max(north - south, 0.002)
    return [
        Dot(
            row.pk,
            round(4 + 92 * (lon - west) / width, 2),
            round(4 + 92 * (north - lat) / height, 2),
            row.category.name,
            row.finish_by < now,
        )
        for row, lon, lat in placed
    ]
