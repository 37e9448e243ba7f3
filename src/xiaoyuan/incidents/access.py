"""The choke point: an incident within the viewer's right, and which steps are theirs to take."""

from xiaoyuan.accounts.choices import Permission, ScopeKind
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.incidents.choices import Step
from xiaoyuan.incidents.models import Incident, IncidentCategory
from xiaoyuan.incidents.workflow import OF_ASSIGNEE, roles, steps_from
from xiaoyuan.register.models import SHOWN


def access_incident(viewer: Viewer, incident_id: int) -> Incident:
    """Return an incident that lies within the viewer's right or is assigned to them; raises `NotFound`."""
    scope = Scope(prefixes=viewer.scope_for(Permission.WORK_INCIDENTS).prefixes)
    rows = Incident.objects.filter(SHOWN, pk=incident_id).select_related(
        "category", "courtyard", "assigned_to"
    )
    found = rows.within(scope).first()
    if found is None and viewer.may(Permission.WORK_INCIDENTS):
        found = rows.unscoped("assigned to the viewer").filter(assigned_to_id=viewer.actor.user_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def steps_of(viewer: Viewer, incident: Incident) -> tuple[Step, ...]:
    """Return the steps that the viewer may take now, in the order of the table."""
    return tuple(step for step in steps_from(incident.state) if may_take(viewer, incident, step))


def may_take(viewer: Viewer, incident: Incident, step: Step) -> bool:
    """Whether a step is the viewer's: by a role whose place contains whoever answers, or as the assignee."""
    allowed = roles(incident.state, step)
    for grant in viewer.grants:
        if grant.scope_kind != ScopeKind.DIVISION or grant.role not in allowed:
            continue
        reaches = incident.handled_by.startswith(grant.scope_key)
        # A grid worker's beat is smaller than the village that answers.
        in_beat = len(incident.handled_by) >= 12 and incident.division_code.startswith(grant.scope_key)
        is_assignee = incident.assigned_to_id is not None and incident.assigned_to_id == viewer.actor.user_id
        if reaches or in_beat or (is_assignee and step in OF_ASSIGNEE):
            return True
    return False


def access_category(viewer: Viewer, category_id: int) -> IncidentCategory:
    """Return a category of a county that lies wholly within the viewer's right to manage incidents."""
    found = IncidentCategory.objects.filter(pk=category_id).select_related("county").first()
    scope = viewer.scope_for(Permission.MANAGE_INCIDENTS)
    if found is None or not scope.contains_division(found.county.code):
        raise NotFound
    return found
