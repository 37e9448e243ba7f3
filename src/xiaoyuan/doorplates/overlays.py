"""What doorplates lay over the scene: courtyards whose plate does not hang there yet."""

from typing import Any, Final, cast

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.register.models import SHOWN, Courtyard
from xiaoyuan.register.overlays import Overlay

_HANGING: Final = (PlateState.INSTALLED, PlateState.VERIFIED)


def courtyards_without_plate(scope: Scope) -> "QuerySet[Any]":
    """Return courtyards at which no whole plate hangs: none issued, only planned or printed, or damaged."""
    hanging = Doorplate.objects.unscoped("compared with courtyards of the viewer's scope").filter(
        courtyard=OuterRef("pk"),
        state__in=_HANGING,
        building="",
        is_sample=OuterRef("is_sample"),
        county_id=OuterRef("county_id"),
    )
    return cast("QuerySet[Any]", Courtyard.objects.within(scope).filter(SHOWN, ~Exists(hanging)))


OVERLAYS: Final = (
    Overlay(
        "plates_missing",
        _("Doorplates missing"),
        Permission.CONSOLE,
        courtyards_without_plate,
        colour="#e69f00",
    ),
)
"""What doorplates offer."""
