"""Roles, scope kinds and permissions, and which role holds which permission."""

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person does here."""

    OPERATOR = "operator", _("operator")
    COUNTY_OFFICER = "county_officer", _("county officer")
    VILLAGE_CLERK = "village_clerk", _("village clerk")
    GRID_WORKER = "grid_worker", _("grid worker")
    CENTRE_WORKER = "centre_worker", _("centre worker")
    RESIDENT = "resident", _("resident")


class ScopeKind(models.TextChoices):
    """What a grant's key names."""

    DIVISION = "division", _("division and all below it")
    HOUSEHOLD = "household", _("one household")
    ORGANISATION = "organisation", _("one organisation")
    BUSINESS_ENTITY = "business_entity", _("one business entity")
    COHORT = "cohort", _("one training cohort")


class ConsentBasis(models.TextChoices):
    """Why somebody may act for another person."""

    HOUSEHOLD = "household", _("of one household")
    RECORDED = "recorded", _("of another household, recorded by the clerk")


class ConsentForm(models.TextChoices):
    """How somebody agreed."""

    SPOKEN = "spoken", _("said to the clerk")
    PAPER = "paper", _("signed on paper")


class Permission(StrEnum):
    """What a route asks for. Each route declares exactly one."""

    PUBLIC = "public"
    """Anyone, signed in or not; the page holds no personal data."""
    SIGNED_IN = "signed_in"
    CONSOLE = "console"
    VIEW_PEOPLE = "view_people"
    REVEAL_PERSONAL = "reveal_personal"
    IMPORT_LEDGERS = "import_ledgers"
    EDIT_PEOPLE = "edit_people"
    EDIT_PLACES = "edit_places"
    """Draw and change courtyards, buildings, parcels and roads; keep plans and views of the scene."""
    EXPORT_PEOPLE = "export_people"
    APPROVE_EXPORTS = "approve_exports"
    MANAGE_PLATES = "manage_plates"
    WORK_IN_FIELD = "work_in_field"
    """Today's work of one's own grid: put up and verify plates, visit, inspect, report, keep it on the phone."""
    PLAN_FIELDWORK = "plan_fieldwork"
    """Hand out tasks, set rounds and visits, design forms."""
    WORK_INCIDENTS = "work_incidents"
    """See reported incidents with their words and photos and take the steps that the workflow gives to one's role."""
    MANAGE_INCIDENTS = "manage_incidents"
    """Categories, service levels, merging, escalation."""
    MANAGE_SERVICES = "manage_services"
    MANAGE_NOTICES = "manage_notices"
    MANAGE_POINTS = "manage_points"
    RUN_CENTRE = "run_centre"
    """Rooms, devices, duty and activities of the digital centre."""
    INVITE_RESIDENTS = "invite_residents"
    """Print sign-in cards for villagers, record who may act for whom."""
    PUBLISH_TWIN = "publish_twin"
    OPERATE = "operate"
    """The operator's back office and the health figures of the machine."""


_FIELD: Final = frozenset(
    {Permission.CONSOLE, Permission.VIEW_PEOPLE, Permission.WORK_IN_FIELD, Permission.WORK_INCIDENTS}
)
_CLERK: Final = _FIELD | {
    Permission.REVEAL_PERSONAL,
    Permission.IMPORT_LEDGERS,
    Permission.EDIT_PEOPLE,
    Permission.EDIT_PLACES,
    Permission.EXPORT_PEOPLE,
    # A second person of the same village may agree; nobody may agree to their own export.
    Permission.APPROVE_EXPORTS,
    Permission.MANAGE_PLATES,
    Permission.PLAN_FIELDWORK,
    Permission.MANAGE_INCIDENTS,
    Permission.MANAGE_SERVICES,
    Permission.MANAGE_NOTICES,
    Permission.MANAGE_POINTS,
    Permission.RUN_CENTRE,
    Permission.INVITE_RESIDENTS,
}

ROLE_PERMISSIONS: Final[dict[str, frozenset[Permission]]] = {
    # The operator runs the machine and need not see people: separation of roles (graded protection, level 3).
    Role.OPERATOR: frozenset(
        {Permission.CONSOLE, Permission.OPERATE, Permission.PUBLISH_TWIN, Permission.MANAGE_PLATES}
    ),
    Role.COUNTY_OFFICER: _CLERK | {Permission.PUBLISH_TWIN},
    Role.VILLAGE_CLERK: _CLERK,
    Role.GRID_WORKER: _FIELD,
    # Who keeps the centre open sees no people.
    Role.CENTRE_WORKER: frozenset({Permission.CONSOLE, Permission.RUN_CENTRE}),
    Role.RESIDENT: frozenset(),
}
