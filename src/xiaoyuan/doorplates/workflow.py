"""The life of a plate as one table: from which state which step leads where, and whose step it is."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import Role
from xiaoyuan.doorplates.choices import PlateState as State


class Step(models.TextChoices):
    """What is done to a plate."""

    PRINT = "print", _("print")
    INSTALL = "install", _("install")
    VERIFY = "verify", _("verify on site")
    REPORT_DAMAGE = "report_damage", _("report damage")
    REVOKE = "revoke", _("revoke")
    REPLACE = "replace", _("replace")


KEEPERS: Final = frozenset({Role.OPERATOR, Role.COUNTY_OFFICER, Role.VILLAGE_CLERK})
"""Those who answer for plates."""
FIELD: Final = KEEPERS | {Role.GRID_WORKER}
"""Those who stand in front of the door as well."""

STEPS: Final[tuple[tuple[State, Step, State, frozenset[Role]], ...]] = (
    (State.PLANNED, Step.PRINT, State.PRINTED, KEEPERS),
    (State.PRINTED, Step.PRINT, State.PRINTED, KEEPERS),  # a sheet that the printer spoilt
    (State.DAMAGED, Step.PRINT, State.PRINTED, KEEPERS),  # new metal for the same token
    (State.PRINTED, Step.INSTALL, State.INSTALLED, FIELD),
    (State.INSTALLED, Step.VERIFY, State.VERIFIED, FIELD),
    (State.INSTALLED, Step.REPORT_DAMAGE, State.DAMAGED, FIELD),
    (State.VERIFIED, Step.REPORT_DAMAGE, State.DAMAGED, FIELD),
    (State.PLANNED, Step.REVOKE, State.REVOKED, KEEPERS),
    (State.PRINTED, Step.REVOKE, State.REVOKED, KEEPERS),
    (State.INSTALLED, Step.REVOKE, State.REVOKED, KEEPERS),
    (State.VERIFIED, Step.REVOKE, State.REVOKED, KEEPERS),
    (State.DAMAGED, Step.REVOKE, State.REVOKED, KEEPERS),
    (State.PRINTED, Step.REPLACE, State.REPLACED, KEEPERS),
    (State.INSTALLED, Step.REPLACE, State.REPLACED, KEEPERS),
    (State.VERIFIED, Step.REPLACE, State.REPLACED, KEEPERS),
    (State.DAMAGED, Step.REPLACE, State.REPLACED, KEEPERS),
)

ENDED: Final = frozenset({State.REVOKED, State.REPLACED})
"""States of plates whose token opens nothing any more."""
LIVE: Final = frozenset(State) - ENDED
"""States of the one plate a courtyard may have."""
HANGING: Final = frozenset({State.INSTALLED, State.VERIFIED, State.DAMAGED})
"""States of plates that hang at a door."""
PRINTABLE: Final = frozenset({source for source, step, _target, _roles in STEPS if step is Step.PRINT})
"""States from which a plate may go to the printer."""


def target(source: str, step: Step) -> State | None:
    """Return the state that a step leads to, or None when the state does not allow it."""
    return next((to for state, taken, to, _roles in STEPS if state == source and taken is step), None)


def roles(step: Step) -> frozenset[Role]:
    """Return who may take a step from at least one state (each step has the same roles everywhere)."""
    return frozenset[Role]().union(*(allowed for _state, taken, _to, allowed in STEPS if taken is step))


def steps_from(source: str) -> tuple[Step, ...]:
    """Return the steps that a state allows, in the order of the table."""
    return tuple(step for state, step, _target, _roles in STEPS if state == source)
