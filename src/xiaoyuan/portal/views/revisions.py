"""Taking back what somebody did by hand; later edits that depend on it are listed instead."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.history.errors import AlreadyUndone, LaterEdits
from xiaoyuan.portal.access import access_revision
from xiaoyuan.portal.queries.revisions import named_dependencies, steps_of
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.models import Household, Membership, Person

_WHY = "rows of a revision that was opened through access"


@requires(Permission.EDIT_PEOPLE)
@require_POST
def undo(request: HttpRequest, revision_id: int) -> HttpResponse:
    """Take one step back."""
    viewer = viewer_behind(request)
    revision = access_revision(viewer, revision_id)
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "step": steps_of([revision])[0],
        "back": home_of(revision.object_kind, revision.object_id, revision.division_code),
    }
    try:
        take_back(revision.pk, viewer.actor, timezone.now())
    except LaterEdits as error:
        context |= {"error": str(error), "dependencies": named_dependencies(error.dependencies)}
    except AlreadyUndone as error:
        context |= {"error": str(error), "dependencies": []}
    else:
        address = home_of(revision.object_kind, revision.object_id, revision.division_code)
        joint = "&" if "?" in address else "?"
        return HttpResponseRedirect(f"{address}{joint}undone={revision.pk}")
    return render(request, "portal/undo_refused.html", context, status=409)


def home_of(kind: str, row_id: int | None, division_code: str) -> str:
    """Return the page of the household that a step was about; the list when there is none any more."""
    rows = Household.objects.unscoped(_WHY)
    if kind == Person._meta.label_lower:
        memberships = Membership.objects.unscoped(_WHY).filter(person_id=row_id).order_by("-until", "-pk")
        open_one = memberships.filter(until__isnull=True).first() or memberships.first()
        row_id = open_one.household_id if open_one else None
    elif kind != Household._meta.label_lower:
        row_id = None
    if row_id is not None and rows.filter(pk=row_id).exists():
        return reverse("console_household", args=[row_id])
    return f"{reverse('console_households')}?division={division_code}"
