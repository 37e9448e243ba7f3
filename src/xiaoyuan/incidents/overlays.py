"""What incidents lay over the scene: courtyards where something open was reported."""

from typing import Any, Final, cast

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.workflow import OPEN
from xiaoyuan.register.models import SHOWN, Courtyard
from xiaoyuan.register.overlays import Overlay


def courtyards_with_incidents(scope: Scope) -> "QuerySet[Any]":
    """Return courtyards of a scope with an open incident."""
    waiting = Incident.objects.unscoped("compared with courtyards of the viewer's scope").filter(
        courtyard=OuterRef("pk"), state__in=sorted(OPEN), is_sample=OuterRef("is_sample")
    )
    return cast("QuerySet[Any]", Courtyard.objects.within(scope).filter(SHOWN, Exists(waiting)))


OVERLAYS: Final = (
    Overlay(
        "incidents_open",
        _("Open incidents"),
        Permission.WORK_INCIDENTS,
        courtyards_with_incidents,
        colour="#d55e00",
        poll_s=10,
    ),
)
"""What incidents offer."""
