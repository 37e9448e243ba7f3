"""What a plate's page adds for people who are signed in: the resident's own household, the officer's courtyard."""

from dataclasses import dataclass
from datetime import datetime

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.queries import ScannedPlate
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.workflow import OPEN
from xiaoyuan.register.access import can_see_people, own_households
from xiaoyuan.register.models import SHOWN, Household


@dataclass(frozen=True)
class OfficerCard:
    """Numbers of a courtyard within an officer's right, with where they open."""

    courtyard_id: int
    households: int
    incidents: int | None
    """Open ones; None for who does not work on incidents here."""


@dataclass(frozen=True)
class PlateCards:
    """At most one of each; neither holds a name."""

    officer: OfficerCard | None
    lives_here: bool


def cards_for(viewer: Viewer, plate: ScannedPlate, now: datetime) -> PlateCards:
    """Return the cards of a signed-in viewer for the courtyard behind a plate."""
    own = own_households(viewer)
    lives_here = bool(own) and (
        Household.objects.within(Scope(households=frozenset(own)))
        .filter(courtyard_id=plate.courtyard_id, closed_on__isnull=True)
        .exists()
    )
    officer = _officer(viewer, plate) if can_see_people(viewer, plate.division_code) else None
    return PlateCards(officer, lives_here)


def _officer(viewer: Viewer, plate: ScannedPlate) -> OfficerCard:
    people = Scope(prefixes=viewer.scope_for(Permission.VIEW_PEOPLE).prefixes)
    work = Scope(prefixes=viewer.scope_for(Permission.WORK_INCIDENTS).prefixes)
    incidents = Incident.objects.within(work).filter(
        SHOWN, courtyard_id=plate.courtyard_id, state__in=sorted(OPEN)
    )
    households = Household.objects.within(people).filter(
        SHOWN, courtyard_id=plate.courtyard_id, closed_on__isnull=True
    )
    return OfficerCard(
        courtyard_id=plate.courtyard_id,
        households=households.count(),
        incidents=incidents.count() if work.contains_division(plate.division_code) else None,
    )
