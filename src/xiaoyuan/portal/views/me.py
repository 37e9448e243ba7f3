"""What a resident sees: their own household's record, nothing else."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.portal.queries import desk
from xiaoyuan.register.access import access_household, own_households
from xiaoyuan.register.queries.console import household_card


@requires(Permission.SIGNED_IN)
def me(request: HttpRequest) -> HttpResponse:
    """The households a resident was given, as the register holds them."""
    viewer = viewer_behind(request)
    own = [access_household(viewer, household_id) for household_id in own_households(viewer)]
    context = {
        "section": "me",
        "cards": [household_card(household) for household in own],
        "village_names": desk.village_names(household.division_code for household in own),
        "is_sample": any(household.is_sample for household in own),
    }
    return render(request, "portal/me.html", context)
