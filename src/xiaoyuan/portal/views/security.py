"""Where one is signed in, and ending that, for residents and staff alike."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.sessions import end_other_sessions, end_session, sessions_of


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


@requires(Permission.SIGNED_IN)
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """The browsers in which one is signed in, by day; no place and no address is kept."""
    context = {
        "section": "me",
        "sessions": sessions_of(_user(request)),
        "current_key": request.session.session_key,
    }
    return render(request, "portal/security.html", context)


@requires(Permission.SIGNED_IN)
@require_POST
def end_one(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign one browser out."""
    actor, now = viewer_behind(request).actor, timezone.now()
    if not end_session(user=_user(request), session_id=session_id, actor=actor, now=now):
        raise NotFound
    return HttpResponseRedirect(reverse("me_security"))


@requires(Permission.SIGNED_IN)
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign all browsers out but this one."""
    actor, now = viewer_behind(request).actor, timezone.now()
    end_other_sessions(user=_user(request), kept_key=request.session.session_key or "", actor=actor, now=now)
    return HttpResponseRedirect(reverse("me_security"))
