"""Routes of residents' cards and of devices in the permission matrix."""

from typing import Final

from django.utils import timezone

from tests.accounts.matrix_rows import PUBLIC, SIGNED_IN, UNKNOWN, Route
from tests.cast import Place
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.models import ResidentCard
from xiaoyuan.accounts.residents import issue_card
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.models import Membership

INVITE: Final = Permission.INVITE_RESIDENTS


def card_in(place: Place) -> ResidentCard:
    """Issue a card to somebody else of the household: the head's own sign-in walks this table too."""
    other = (
        Membership.objects.unscoped("a test")
        .filter(household=place.household)
        .exclude(person=place.person)
        .select_related("person")
        .order_by("pk")
        .first()
    )
    assert other is not None
    return issue_card(
        county_id=place.household.county_id,
        division_code=place.code,
        person_uid=other.person.person_uid,
        household_id=place.household.pk,
        display_name=other.person.name,
        is_sample=True,
        actor=SYSTEM,
        now=timezone.now(),
    ).card


TABLE: Final[dict[str, Route]] = {
    "console/residents/": Route(
        INVITE,
        lambda place: f"/console/residents/?division={place.code}",
        INVITE,
        "/console/residents/?division=990001009009",
    ),
    "console/persons/<int:person_id>/card/": Route(
        INVITE,
        lambda place: f"/console/persons/{place.person.pk}/card/",
        INVITE,
        f"/console/persons/{UNKNOWN}/card/",
        "post",
    ),
    "console/residents/<int:card_id>/revoke/": Route(
        INVITE,
        lambda place: f"/console/residents/{card_in(place).pk}/revoke/",
        INVITE,
        f"/console/residents/{UNKNOWN}/revoke/",
        "post",
        ok=302,
    ),
    "me/sign-in/": Route(PUBLIC, lambda place: "/me/sign-in/"),
    "me/activate/": Route(PUBLIC, lambda place: "/me/activate/"),
    "me/security/": Route(SIGNED_IN, lambda place: "/me/security/"),
    "me/security/others/": Route(SIGNED_IN, lambda place: "/me/security/others/", method="post", ok=302),
    # Somebody else's device is as good as none.
    "me/security/<int:session_id>/end/": Route(
        SIGNED_IN,
        lambda place: f"/me/security/{UNKNOWN}/end/",
        unknown=f"/me/security/{UNKNOWN}/end/",
        method="post",
        ok=404,
    ),
}
