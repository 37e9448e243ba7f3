"""In which browsers somebody is signed in, and ending that; days only, no addresses, no places."""

import re
from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from xiaoyuan.accounts.models import DeviceSession, User
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor

SEEN: Final = "seen_on"
"""Session value: the day on which the list learned of it."""
_BROWSERS: Final = (
    ("MicroMessenger", "WeChat"),
    ("wxwork", "WeCom"),
    ("DingTalk", "DingTalk"),
    ("QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_words(agent: str) -> str:
    """Return a browser and its system as people know them, "" when neither is known."""
    found = [
        next((words for mark, words in table if re.search(mark, agent, re.IGNORECASE)), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, found))


def note_session(request: HttpRequest, user: User) -> None:
    """Keep that a browser is used today; writes once a day for each."""
    session, today = request.session, timezone.localdate()
    key = session.session_key
    if key is None or session.get(SEEN) == f"{key[:6]}{today}":
        return
    device = device_words(request.headers.get("User-Agent", ""))
    row, is_new = DeviceSession.objects.get_or_create(
        session_key=key, defaults={"user": user, "device": device, "started_on": today, "seen_on": today}
    )
    if not is_new:
        DeviceSession.objects.filter(pk=row.pk).update(user=user, device=device, seen_on=today)
    session[SEEN] = f"{key[:6]}{today}"


def sessions_of(user: User) -> list[DeviceSession]:
    """Return the browsers in which somebody is signed in, the last used first."""
    rows = list(DeviceSession.objects.filter(user=user).order_by("-seen_on", "-pk"))
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return [row for row in rows if row.session_key in alive]


def end_session(*, user: User, session_id: int, actor: Actor, now: Any) -> bool:
    """Sign one browser out; returns whether it was one of the user's."""
    return _end(DeviceSession.objects.filter(user=user, pk=session_id), user, actor, now) > 0


def end_other_sessions(*, user: User, kept_key: str | None, actor: Actor, now: Any) -> int:
    """Sign all browsers out but one; returns how many."""
    return _end(DeviceSession.objects.filter(user=user).exclude(session_key=kept_key or ""), user, actor, now)


def _end(rows: Any, user: User, actor: Actor, now: Any) -> int:
    with transaction.atomic():
        keys = list(rows.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        DeviceSession.objects.filter(session_key__in=keys).delete()
        if keys:
            record_audit(
                actor=actor,
                now=now,
                action="accounts.end_sessions",
                object_kind="accounts.user",
                object_id=user.pk,
                detail={"sessions": len(keys)},
            )
    return len(keys)


def end_sessions(user: User) -> None:
    """Sign somebody out everywhere, also where the list knows nothing of it yet (residents: they have no password).

    Each session carries a hash of the user's password field; that of somebody without a password is random, so that a
    new one makes all sessions worthless.
    """
    keys = list(DeviceSession.objects.filter(user=user).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    DeviceSession.objects.filter(user=user).delete()
    if not user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])


def forget_old_sessions(now: Any) -> int:
    """Remove from the lists what has expired; returns how many."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    return DeviceSession.objects.exclude(session_key__in=alive).delete()[0]


def _signed_in(sender: Any, request: HttpRequest | None, user: User, **_rest: Any) -> None:
    if request is not None and hasattr(request, "session"):
        note_session(request, user)


user_logged_in.connect(_signed_in, dispatch_uid="accounts.sessions")


class SessionListMiddleware:
    """Keeps the list of signed-in browsers; a request without a session costs nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on, then note who it was if the view asked."""
        response = self.get_response(request)
        # Only where the page looked at the session: a picture or a tile is no reason to read it.
        if request.session.accessed and not request.session.is_empty():
            user = request.user
            if isinstance(getattr(user, "_wrapped", user), User):
                note_session(request, user)  # type: ignore[arg-type]  # a lazy user
        return response
