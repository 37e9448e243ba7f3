"""Ending a write: back to the page it was about, which then says what was done and offers to take it back."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.portal.access import access_revision
from xiaoyuan.portal.queries.revisions import newest_revision, steps_of


def done(viewer: Viewer, address: str, now: datetime) -> HttpResponse:
    """Go to a page after an action that ran at `now`; the page names the step by `?done=`."""
    revision = newest_revision(viewer.actor, now)
    joint = "&" if "?" in address else "?"
    return HttpResponseRedirect(f"{address}{joint}done={revision}" if revision else address)


def banner(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    """Return what the banner of a page says: the step that was just done or just taken back, if any."""
    for name in ("done", "undone"):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 18:
            try:
                (step,) = steps_of([access_revision(viewer, int(text))])
            except NotFound:
                continue
            return {"step_done": step}
    return {}
