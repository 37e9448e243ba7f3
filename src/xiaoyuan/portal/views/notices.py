"""Notices at the desk: write, schedule, publish, withdraw, read out over the loudspeakers."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.notices.access import access_notice
from xiaoyuan.notices.actions import publish_notice, withdraw_notice, write_notice
from xiaoyuan.notices.choices import NoticeKind, NoticeState
from xiaoyuan.notices.errors import NoticeError
from xiaoyuan.notices.loudspeaker import propose, seconds_to_read
from xiaoyuan.notices.models import Notice
from xiaoyuan.notices.queries import notices_within
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.exports import county_of
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_division, access_division_within
from xiaoyuan.register.models import County

MANAGE = Permission.MANAGE_NOTICES


@requires(MANAGE)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The notices of the divisions that one answers for."""
    viewer, now = viewer_behind(request), timezone.now()
    context: dict[str, Any] = {"section": "console", "rail": "notices"}
    chosen = chosen_division(request, viewer, MANAGE)
    if chosen is not None:
        division, scope = chosen
        state = request.GET.get("state", "")
        page = page_of_list(request, notices_within(scope, state if state in NoticeState.values else ""))
        context |= {
            "picker": desk.picker(division, viewer.scope_for(MANAGE)),
            "page": page,
            "state": state,
            "states": NoticeState.choices,
            "now": now,
            "village_names": desk.village_names(notice.division_code for notice in page),
        }
    return render(request, "portal/notices.html", context)


@requires(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """Write a notice; with ?copy= the words of an earlier one stand there already."""
    viewer, refusal = viewer_behind(request), ""
    chosen = chosen_division(request, viewer, MANAGE)
    if request.method == "POST":
        division, _scope = access_division_within(viewer, request.POST.get("division", ""), MANAGE)
        try:
            notice = write_notice(
                county_id=county_of(division.code),
                division_code=division.code,
                is_sample=County.objects.filter(code=division.code[:6], shows_sample=True).exists(),
                actor=viewer.actor,
                now=timezone.now(),
                **_given(request),
            )
            return _after(request, notice)
        except NoticeError as refused:
            refusal = str(refused)
    today = timezone.localdate()
    filled: dict[str, Any] = {"publish_from": today, "publish_until": today + timedelta(days=14)}
    if (copied := request.GET.get("copy", "")).isdigit():
        notice = access_notice(viewer, int(copied))
        filled |= {"title": notice.title, "body": notice.body, "kind": notice.kind}
        filled |= {"loudspeaker_text": notice.loudspeaker_text}
    return _form(request, chosen, filled, refusal)


@requires(MANAGE)
def edit(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Change a notice."""
    viewer, refusal = viewer_behind(request), ""
    notice = access_notice(viewer, notice_id)
    if request.method == "POST":
        try:
            write_notice(
                county_id=notice.county_id,
                division_code=notice.division_code,
                is_sample=notice.is_sample,
                actor=viewer.actor,
                now=timezone.now(),
                notice=notice,
                row_version=_whole(request.POST.get("row_version", "")),
                **_given(request),
            )
            return _after(request, notice)
        except NoticeError as refused:
            refusal = str(refused)
    filled = {
        "title": notice.title,
        "body": notice.body,
        "kind": notice.kind,
        "publish_from": timezone.localdate(notice.publish_from),
        "publish_until": notice.publish_until
        and timezone.localdate(notice.publish_until - timedelta(seconds=1)),
        "is_pinned": notice.is_pinned,
        "is_urgent": notice.is_urgent,
        "is_told": notice.is_told,
        "loudspeaker_text": notice.loudspeaker_text,
    }
    return _form(request, None, filled, refusal, notice)


@requires(MANAGE)
@require_POST
def publish(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Publish a draft."""
    viewer = viewer_behind(request)
    notice = publish_notice(notice=access_notice(viewer, notice_id), actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(f"{reverse('console_notices')}?division={notice.division_code}")


@requires(MANAGE)
@require_POST
def withdraw(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Take a notice away, with a reason."""
    viewer = viewer_behind(request)
    notice = withdraw_notice(
        notice=access_notice(viewer, notice_id),
        reason=request.POST.get("reason", ""),
        actor=viewer.actor,
        now=timezone.now(),
    )
    return HttpResponseRedirect(f"{reverse('console_notices')}?division={notice.division_code}")


@requires(MANAGE)
@require_safe
def read_out(request: HttpRequest, notice_id: int) -> HttpResponse:
    """The loudspeaker's text in large type, to be read out or played."""
    notice = access_notice(viewer_behind(request), notice_id)
    text = _spoken(notice)
    context = {
        "section": "console",
        "rail": "notices",
        "notice": notice,
        "lines": text.splitlines(),
        "text": text,
        "seconds": seconds_to_read(text),
    }
    return render(request, "portal/notice_spoken.html", context)


@requires(MANAGE)
@require_safe
def read_out_file(request: HttpRequest, notice_id: int) -> HttpResponse:
    """The loudspeaker's text as a file, for players that read files."""
    notice = access_notice(viewer_behind(request), notice_id)
    # Windows players guess the encoding of a text unless it says so by its first bytes.
    content = ("\ufeff" + _spoken(notice).replace("\n", "\r\n") + "\r\n").encode()
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="notice-{notice.pk}.txt"'
    return response


def _spoken(notice: Notice) -> str:
    place = access_division(notice.division_code).name
    return notice.loudspeaker_text or propose(
        place=short_name(place), title=notice.title, body=notice.body, author=place
    )


def _form(
    request: HttpRequest,
    chosen: Any,
    filled: dict[str, Any],
    refusal: str,
    notice: Notice | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "section": "console",
        "rail": "notices",
        "notice": notice,
        "kinds": NoticeKind.choices,
        "given": request.POST if request.method == "POST" else filled,
        "refusal": refusal,
    }
    if chosen is not None:
        viewer = viewer_behind(request)
        context["picker"] = desk.picker(chosen[0], viewer.scope_for(MANAGE))
    return render(request, "portal/notice_edit.html", context, status=400 if refusal else 200)


def _after(request: HttpRequest, notice: Notice) -> HttpResponse:
    if request.POST.get("then") == "publish" and notice.state == NoticeState.DRAFT:
        publish_notice(notice=notice, actor=viewer_behind(request).actor, now=timezone.now())
    return HttpResponseRedirect(f"{reverse('console_notices')}?division={notice.division_code}")


def _given(request: HttpRequest) -> dict[str, Any]:
    """Read the form; days are whole days of the county's clock."""
    begins = _day(request.POST.get("publish_from", ""))
    ends = _day(request.POST.get("publish_until", ""))
    if begins is None:
        raise NoticeError(_("Give the first day of the notice as 2026-11-24."))
    return {
        "title": request.POST.get("title", ""),
        "body": request.POST.get("body", ""),
        "kind": request.POST.get("kind", ""),
        "publish_from": _midnight(begins),
        "publish_until": None if ends is None else _midnight(ends + timedelta(days=1)),
        "is_pinned": request.POST.get("is_pinned") == "on",
        "is_urgent": request.POST.get("is_urgent") == "on",
        "is_told": request.POST.get("is_told") == "on",
        "loudspeaker_text": request.POST.get("loudspeaker_text", "").replace("\r\n", "\n"),
    }


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NoticeError(
            _("“%(text)s” is not a day; write it as 2026-11-24.") % {"text": text[:20]}
        ) from None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
