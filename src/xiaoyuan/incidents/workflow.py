"""The life of an incident as one table: from which state which step leads where, and whose step it is."""

from typing import Final

from xiaoyuan.accounts.choices import Role
from xiaoyuan.incidents.choices import State, Step

KEEPERS: Final = frozenset({Role.COUNTY_OFFICER, Role.VILLAGE_CLERK})
"""Those who answer for what becomes of it."""
FIELD: Final = KEEPERS | {Role.GRID_WORKER}
"""Those who go and see as well."""
REPORTER: Final = "reporter"
"""Whoever holds the receipt."""

_OPEN: Final = (State.REPORTED, State.ACCEPTED, State.ASSIGNED, State.IN_PROGRESS)

STEPS: Final[tuple[tuple[State, Step, State, frozenset[str]], ...]] = (
    (State.REPORTED, Step.ACCEPT, State.ACCEPTED, FIELD),
    (State.REPORTED, Step.ASSIGN, State.ASSIGNED, KEEPERS),
    (State.ACCEPTED, Step.ASSIGN, State.ASSIGNED, KEEPERS),
    (State.ASSIGNED, Step.ASSIGN, State.ASSIGNED, KEEPERS),  # to somebody else
    (State.IN_PROGRESS, Step.ASSIGN, State.ASSIGNED, KEEPERS),
    (State.ACCEPTED, Step.START, State.IN_PROGRESS, FIELD),
    (State.ASSIGNED, Step.START, State.IN_PROGRESS, FIELD),
    (State.ACCEPTED, Step.FINISH, State.DONE, FIELD),
    (State.ASSIGNED, Step.FINISH, State.DONE, FIELD),
    (State.IN_PROGRESS, Step.FINISH, State.DONE, FIELD),
    (State.DONE, Step.CONFIRM, State.CONFIRMED, KEEPERS | {REPORTER}),
    (State.CONFIRMED, Step.CLOSE, State.CLOSED, KEEPERS),
    *((state, Step.REFUSE, State.REFUSED, KEEPERS) for state in _OPEN),
    *((state, Step.MERGE, State.MERGED, KEEPERS) for state in _OPEN),
    *((state, Step.TRANSFER, State.REPORTED, KEEPERS) for state in _OPEN),
    *((state, Step.ESCALATE, State.REPORTED, FIELD) for state in _OPEN),
    *((state, Step.SPLIT, state, KEEPERS) for state in _OPEN),
    *((state, Step.REOPEN, State.REPORTED, KEEPERS | {REPORTER}) for state in (State.DONE, State.CONFIRMED)),
    *((state, Step.REOPEN, State.REPORTED, KEEPERS | {REPORTER}) for state in (State.CLOSED, State.REFUSED)),
    *((state, Step.NOTE, state, FIELD | {REPORTER}) for state in State if state is not State.MERGED),
)

OPEN: Final = frozenset(_OPEN)
"""States in which somebody still has to do something."""
ENDED: Final = frozenset({State.CLOSED, State.REFUSED, State.MERGED})
"""States after which nothing is expected."""
WITH_REASON: Final = frozenset({Step.REFUSE, Step.MERGE, Step.TRANSFER, Step.ESCALATE, Step.REOPEN})
"""Steps whose reason the reporter reads."""
OF_ASSIGNEE: Final = frozenset({Step.START, Step.FINISH, Step.NOTE, Step.ESCALATE})
"""Steps that whoever it is assigned to may take, wherever the responsibility lies."""


def target(source: str, step: Step) -> State | None:
    """Return the state that a step leads to, or None when the state does not allow it."""
    return next((to for state, taken, to, _roles in STEPS if state == source and taken is step), None)


def roles(source: str, step: Step) -> frozenset[str]:
    """Return who may take a step from a state; nobody when the state does not allow it."""
    return next(
        (allowed for state, taken, _to, allowed in STEPS if state == source and taken is step), frozenset()
    )


def steps_from(source: str) -> tuple[Step, ...]:
    """Return the steps that a state allows, in the order of the table."""
    return tuple(step for state, step, _to, _roles in STEPS if state == source)
