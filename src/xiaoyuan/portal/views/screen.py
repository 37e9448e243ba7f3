"""The big screen: a shell for the viewer, and the same content as tables at the same address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.portal.screen import screen_answer
from xiaoyuan.portal.theme_tables import theme_choices, theme_table
from xiaoyuan.portal.views.pages import led_on, page_of_list
from xiaoyuan.portal.views.public import page_of
from xiaoyuan.register.queries.console import courtyards_within


@requires(Permission.PUBLIC)
def screen(request: HttpRequest, code: str) -> HttpResponse:
    """The screen of a division; `?view=table` gives it without 3D and without scripts."""
    viewer = viewer_behind(request)
    answer = screen_answer(viewer, code, timezone.now())
    if moved := led_on(request, code, answer["division"]["code"]):
        return moved
    code = answer["division"]["code"]
    if request.GET.get("view") != "table":
        api = reverse("api-1:api-root")
        return render(
            request, "portal/screen.html", {"screen": answer, "division": answer["division"], "api": api}
        )
    context = page_of(answer)
    context["themes"] = theme_choices(viewer, code)
    if wanted := request.GET.get("theme", ""):
        context["theme"] = theme_table(viewer, code, wanted, timezone.now())
    scope = viewer.scope_for(Permission.CONSOLE).narrowed_to(code)
    if scope.prefixes:
        context["courtyards"] = page_of_list(request, courtyards_within(scope))
    return render(request, "portal/screen_table.html", context)
