"""What can be laid over the scene as it is right now: places in some state, joined on their number in the tiles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.register.choices import ResidenceKind
from xiaoyuan.register.models import SHOWN, Courtyard, Dwelling, Household, Residence

_WHY: Final = "compared with courtyards of the viewer's scope"


@dataclass(frozen=True)
class Overlay:
    """One overlay. `places` returns the places in that state within a scope; `colour` is its marker's.

    Whoever holds `permission` in a division is offered it there; `poll_s` is how often a screen asks again.
    """

    id: str
    title: str | Promise
    permission: Permission
    places: Callable[[Scope], "QuerySet[Any]"]
    kind: str = "courtyard"
    colour: str = "#d55e00"
    poll_s: int = 15


def overlays() -> tuple[Overlay, ...]:
    """Return what the domains offer, in the order in which it is listed."""
    return cast(tuple[Overlay, ...], import_string(settings.SCREEN_OVERLAYS))


def vacant_courtyards(scope: Scope) -> "QuerySet[Any]":
    """Return courtyards where a dwelling is recorded as vacant, or where households are registered and nobody lives."""
    same = {"is_sample": OuterRef("is_sample"), "county_id": OuterRef("county_id")}
    households = Household.objects.unscoped(_WHY).filter(
        courtyard=OuterRef("pk"), closed_on__isnull=True, **same
    )
    vacant = Dwelling.objects.unscoped(_WHY).filter(
        household__courtyard=OuterRef("pk"), is_vacant=True, **same
    )
    residents = Residence.objects.unscoped(_WHY).filter(
        courtyard=OuterRef("pk"), kind=ResidenceKind.ACTUAL, until__isnull=True, **same
    )
    found = Courtyard.objects.within(scope).filter(
        SHOWN, Q(Exists(vacant)) | (Q(Exists(households)) & ~Q(Exists(residents)))
    )
    return cast("QuerySet[Any]", found)


OVERLAYS: Final = (
    Overlay(
        "vacant_houses",
        _("Vacant houses"),
        # Where nobody lives is a matter of the people who do not.
        Permission.VIEW_PEOPLE,
        vacant_courtyards,
        colour="#cc79a7",
        poll_s=30,
    ),
)
"""What the register itself offers."""
