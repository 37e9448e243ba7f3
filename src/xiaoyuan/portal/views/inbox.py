"""Somebody's own messages: the newest first, read when they were seen."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.messages.actions import mark_read
from xiaoyuan.messages.queries import inbox as inbox_of
from xiaoyuan.portal.views.pages import page_of_list


@requires(Permission.SIGNED_IN)
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the messages; a post marks all of them as read."""
    user_id = viewer_behind(request).actor.user_id or 0
    if request.method == "POST":
        mark_read(user_id=user_id, message_ids=None, now=timezone.now())
        return HttpResponseRedirect(reverse("inbox"))
    page = page_of_list(request, inbox_of(user_id))
    has_unread = any(message.read_at is None for message in page)
    return render(request, "portal/inbox.html", {"section": "me", "page": page, "has_unread": has_unread})
