"""Notices as anybody reads them: the list of a village, one notice, a feed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.notices.queries import codes_above, current, in_force, read_in
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_division


@requires(Permission.PUBLIC)
@require_safe
def listed(request: HttpRequest, code: str) -> HttpResponse:
    """The notices that hold in a division now."""
    division = access_division(code)
    page = page_of_list(request, in_force(codes_above(division.code), timezone.now()))
    context = {
        "section": "home",
        "division": division,
        "page": page,
        "origins": desk.village_names(notice.division_code for notice in page),
    }
    return render(request, "portal/village_notices.html", context)


@requires(Permission.PUBLIC)
@require_safe
def one(request: HttpRequest, code: str, notice_id: int) -> HttpResponse:
    """One notice, to read, hear or print."""
    division = access_division(code)
    notice = read_in(division.code, notice_id, timezone.now())
    if notice is None:
        raise NotFound
    context = {"section": "home", "division": division, "notice": notice}
    return render(request, "portal/village_notice.html", context)


@requires(Permission.PUBLIC)
@require_safe
def feed(request: HttpRequest, code: str) -> HttpResponse:
    """The newest notices as an Atom feed, for other sites of the county."""
    division = access_division(code)

    def address(name: str, *args: object) -> str:
        return request.build_absolute_uri(reverse(name, args=args))

    atom = Atom1Feed(
        title=_("Notices of %(name)s") % {"name": short_name(division.name)},
        link=address("village_notices", division.code),
        feed_url=request.build_absolute_uri(),
        description="",
        language="zh-hans",
    )
    for notice in current(codes_above(division.code), timezone.now(), 30):
        atom.add_item(
            title=notice.title,
            link=address("village_notice", division.code, notice.pk),
            description=notice.body,
            unique_id=address("village_notice", notice.division_code, notice.pk),
            pubdate=notice.publish_from,
            updateddate=notice.updated_at,
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
