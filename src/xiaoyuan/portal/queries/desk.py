"""The desk of somebody who works here: what they may do, the division in front of them, what happened there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import ROLE_PERMISSIONS, Permission, Role, ScopeKind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.indicators.queries import Value, shows_sample, values_of
from xiaoyuan.lib import divisions
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.register import counters
from xiaoyuan.register.access import can_see_people
from xiaoyuan.register.models import SHOWN, County, Division
from xiaoyuan.register.queries.divisions import children_of, divisions_in_force, names_above

COUNTS: Final = (
    counters.PERSONS_REGISTERED,
    counters.HOUSEHOLDS,
    counters.COURTYARDS,
    counters.BUILDINGS,
    counters.PARCELS,
    counters.BUSINESS_ENTITIES,
)
GOOD_STATES: Final = frozenset({PlateState.INSTALLED, PlateState.VERIFIED})
BAD_STATES: Final = frozenset({PlateState.DAMAGED, PlateState.REVOKED})


def permission_label(permission: Permission) -> str:
    """Return a permission as people say it."""
    return {
        Permission.CONSOLE: _("open the console"),
        Permission.VIEW_PEOPLE: _("see households and people"),
        Permission.REVEAL_PERSONAL: _("reveal personal fields with a reason"),
        Permission.IMPORT_LEDGERS: _("import ledgers"),
        Permission.EDIT_PEOPLE: _("edit households and people"),
        Permission.EXPORT_PEOPLE: _("export and hand back"),
        Permission.APPROVE_EXPORTS: _("agree to exports of colleagues"),
        Permission.MANAGE_PLATES: _("print and manage doorplates"),
        Permission.WORK_IN_FIELD: _("work in the field"),
        Permission.WORK_INCIDENTS: _("work on incidents"),
        Permission.MANAGE_INCIDENTS: _("answer for incidents"),
        Permission.INVITE_RESIDENTS: _("give residents cards"),
        Permission.MANAGE_NOTICES: _("publish notices"),
        Permission.MANAGE_POINTS: _("keep points"),
        Permission.PUBLISH_TWIN: _("build and publish the 3D scene"),
        Permission.OPERATE: _("operate the machine"),
    }.get(permission, "")


@dataclass(frozen=True)
class HeldRight:
    """A role of the viewer: where it holds and what it includes."""

    role: str
    place: str
    permissions: tuple[str, ...]


def rights_of(viewer: Viewer) -> list[HeldRight]:
    """Return what a viewer may do where, in words. One query."""
    codes = [grant.scope_key for grant in viewer.grants if grant.scope_kind == ScopeKind.DIVISION]
    names = dict(divisions_in_force().filter(code__in=codes).values_list("code", "name"))
    rights = []
    for grant in viewer.grants:
        if grant.scope_kind == ScopeKind.DIVISION:
            place = names.get(grant.scope_key, grant.scope_key) if grant.scope_key else _("everywhere")
        else:
            place = str(ScopeKind(grant.scope_kind).label)
        labels = (permission_label(one) for one in Permission if one in ROLE_PERMISSIONS[grant.role])
        rights.append(HeldRight(str(Role(grant.role).label), place, tuple(filter(None, labels))))
    return rights


@dataclass(frozen=True)
class Step:
    """A division in a path or a list of choices."""

    code: str
    name: str


@dataclass(frozen=True)
class Picker:
    """Where the viewer is within their scope, and where they can go from there."""

    current: Step
    path: tuple[Step, ...]
    children: tuple[Step, ...]
    others: tuple[Step, ...] = ()
    """The viewer's other divisions, which neither the path nor the children lead to."""


def roots_of(scope: Scope) -> list[str]:
    """Return the widest divisions of a scope; for a scope of everything, the counties that hold data."""
    if "" in scope.prefixes:
        return list(County.objects.order_by("code").values_list("code", flat=True))
    return sorted(code for code in scope.prefixes if len(code) in divisions.LENGTHS)


def picker(division: Division, scope: Scope) -> Picker:
    """Return the choices around a division that lies in or above a scope. Three queries."""
    codes = [*divisions.ancestors(division.code), division.code]
    roots = roots_of(scope)
    names = dict(divisions_in_force().filter(code__in=[*codes, *roots]).values_list("code", "name"))
    path = tuple(Step(code, names[code]) for code in codes if code in names and scope.contains_division(code))
    children = tuple(
        Step(code, name)
        for code, name in children_of(division.code).values_list("code", "name")
        if scope.touches_division(code)
    )
    current = Step(division.code, division.name)
    within_reach = {*codes, *(child.code for child in children)}
    others = tuple(Step(code, names[code]) for code in roots if code in names and code not in within_reach)
    return Picker(current, path or (current,), children, others)


def counts_of(viewer: Viewer, code: str, today: date) -> list[Value]:
    """Return the counted figures of a division that the desk shows. Three queries."""
    values = values_of(
        code, as_of=today, is_sample=shows_sample(code), may_see_small=can_see_people(viewer, code)
    )
    return [values[figure] for figure in COUNTS]


@dataclass(frozen=True)
class StateCount:
    """How many plates are in a state."""

    label: str
    count: int
    share: str
    tone: str
    value: str


def plates_by_state(scope: Scope) -> list[StateCount]:
    """Return the plates of a scope by state. One query."""
    rows = (
        Doorplate.objects.within(scope)
        .filter(SHOWN)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    counts: dict[str, int] = dict(rows)
    largest = max(counts.values(), default=0)
    return [
        StateCount(
            str(state.label),
            counts[state],
            f"{100 * counts[state] / largest:.1f}",
            _tone(state),
            state.value,
        )
        for state in PlateState
        if counts.get(state)
    ]


def _tone(state: PlateState) -> str:
    return "good" if state in GOOD_STATES else "bad" if state in BAD_STATES else ""


def live_plates(scope: Scope, courtyard_ids: Iterable[int]) -> dict[int, Any]:
    """Return the live plate of each courtyard of a page. One query."""
    rows = Doorplate.objects.within(scope).filter(
        courtyard_id__in=list(courtyard_ids), state__in=LIVE, building=""
    )
    return {plate.courtyard_id: plate for plate in rows}


def village_names(codes: Iterable[str]) -> dict[str, str]:
    """Return the name of each division, with its parent's. Two queries."""
    wanted = set(codes)
    names = dict(divisions_in_force().filter(code__in=wanted).values_list("code", "name"))
    above = names_above(names)
    return {code: " › ".join((*above[code][-1:], short_name(name))) for code, name in names.items()}
