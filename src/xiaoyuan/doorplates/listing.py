"""Reads for the desk: plates by state, batch and what somebody typed; batches and orders; a plate's whole story."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.attachments.queries import attachments_of
from xiaoyuan.audit.models import AuditEntry, ChangeEntry, Operation
from xiaoyuan.doorplates.actions import OBJECT_KIND
from xiaoyuan.doorplates.choices import OrderState, PlateState
from xiaoyuan.doorplates.models import (
    Doorplate,
    OfficialCodeAlias,
    OrderedPlate,
    PlateBatch,
    PlateInstallation,
    PrintOrder,
)
from xiaoyuan.doorplates.on_site import INSTALLATION_KIND
from xiaoyuan.doorplates.orders import OPEN
from xiaoyuan.lib.flat_numbers import FlatNumberError, parse
from xiaoyuan.register.models import SHOWN, StandardAddress

_SEPARATORS: Final = str.maketrans("", "", " -—·")
_WHY: Final = "parts of a plate that was opened through access"


def plates_within(
    scope: Scope, *, text: str = "", state: str = "", batch: PlateBatch | None = None
) -> "QuerySet[Any]":
    """Return plates of a scope with their courtyards, ended ones included, in the order of their codes.

    `text` is the beginning of a plate code, an official code, part of an address (former ones lead here too), a flat
    such as 3栋2单元501室, or the courtyard's number.
    """
    rows: QuerySet[Any] = Doorplate.objects.within(scope).filter(SHOWN).select_related("courtyard", "batch")
    if batch is not None:
        rows = rows.filter(batch=batch)
    if state in PlateState.values:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(_meant(text))
    return rows.order_by("code", "pk")


def _meant(text: str) -> Q:
    code = text.translate(_SEPARATORS).upper()
    former = OfficialCodeAlias.objects.unscoped(_WHY).filter(plate=OuterRef("pk"), code=text)
    # Former addresses of a courtyard lead to its plate as long as it stands.
    addresses = StandardAddress.objects.unscoped("a standard address is public").filter(
        courtyard=OuterRef("courtyard"), text__contains=text
    )
    meant = Q(official_code=text) | Q(courtyard__code=text) | Exists(former) | Exists(addresses)
    if code.isascii() and code:
        meant |= Q(code__startswith=code)
    try:
        flat = parse(text)
    except FlatNumberError:
        return meant
    return meant | Q(
        building__in=(flat.building, f"{flat.building}栋"),
        **({"unit": flat.unit} if flat.unit else {}),
        **({"room": flat.room} if flat.room else {}),
    )


@dataclass(frozen=True)
class StateLink:
    """A state, how many plates are in it, and whether it is the one that is shown."""

    value: str
    label: str
    count: int


def state_counts(rows: "QuerySet[Any]") -> list[StateLink]:
    """Return how many plates of a selection are in each state, all states, in the order of a plate's life."""
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    return [StateLink(state.value, str(state.label), counts.get(state.value, 0)) for state in PlateState]


def batches_within(scope: Scope) -> "QuerySet[Any]":
    """Return batches of a scope, the newest first, with how many plates they hold and how many wait for an order."""
    rows: QuerySet[Any] = PlateBatch.objects.within(scope).filter(SHOWN)
    counted: QuerySet[Any] = rows.annotate(
        plate_count=Count("plates", distinct=True),
        planned_count=Count("plates", filter=Q(plates__state=PlateState.PLANNED), distinct=True),
    )
    return counted.order_by("-created_at", "-pk")


def orders_within(scope: Scope) -> "QuerySet[Any]":
    """Return print orders of a scope, the newest first."""
    rows: QuerySet[Any] = PrintOrder.objects.within(scope).filter(SHOWN)
    return rows.select_related("batch").order_by("-number", "-pk")


def plates_to_order(batch: PlateBatch, most: int) -> list[int]:
    """Return the ids of a batch's planned plates that stand on no open order, at most `most`, by code."""
    rows = Doorplate.objects.unscoped(_WHY).filter(batch=batch, state=PlateState.PLANNED)
    ordered = OrderedPlate.objects.filter(order__state__in=OPEN, plate=OuterRef("pk"))
    return list(rows.filter(~Exists(ordered)).order_by("code").values_list("pk", flat=True)[:most])


def lines_of(order: PrintOrder) -> "QuerySet[Any]":
    """Return the plates of an order with their courtyards, in the order of their codes."""
    rows: QuerySet[Any] = Doorplate.objects.unscoped(_WHY).filter(ordered__order=order)
    return rows.select_related("courtyard").order_by("code")


def former_codes_of(plate: Doorplate) -> list[OfficialCodeAlias]:
    """Return the official codes that a plate was bound to before, the latest first."""
    return list(OfficialCodeAlias.objects.unscoped(_WHY).filter(plate=plate).order_by("-pk"))


def addresses_ever_of(plate: Doorplate) -> list[StandardAddress]:
    """Return the addresses of a plate's courtyard, the current one first."""
    rows = StandardAddress.objects.unscoped("a standard address is public")
    return list(rows.filter(courtyard_id=plate.courtyard_id).order_by("status", "-pk"))


def hangings_of(plate: Doorplate) -> list[PlateInstallation]:
    """Return where a plate hung, the latest first."""
    return list(PlateInstallation.objects.unscoped(_WHY).filter(plate=plate).order_by("-pk"))


def predecessor_of(plate: Doorplate) -> Doorplate | None:
    """Return the plate that a plate replaced."""
    found: Doorplate | None = Doorplate.objects.unscoped(_WHY).filter(successor=plate).first()
    return found


@dataclass(frozen=True)
class PlateEvent:
    """One thing that happened to a plate, by whom, with the reason, the place and the photos that belong to it."""

    at: datetime
    by: str
    what: str
    words: str = ""
    order_id: int | None = None
    photos: tuple[Any, ...] = field(default=())


def story_of(plate: Doorplate) -> list[PlateEvent]:
    """Return everything that happened to a plate, the latest first. Six queries."""
    acts = AuditEntry.objects.filter(object_kind=OBJECT_KIND, object_id=plate.pk).exclude(reason="")
    reasons = {act.at: act.reason for act in acts}
    own_photos = attachments_of(OBJECT_KIND, [plate.pk]).get(plate.pk, [])
    changes = list(
        ChangeEntry.objects.filter(object_kind=OBJECT_KIND, object_id=plate.pk).order_by("sequence")
    )
    photos = _photos_of_damages(changes, own_photos)
    events = [
        PlateEvent(
            change.at,
            change.actor_label,
            _what(change),
            reasons.get(change.at, "") if change.field != "official_code" else "",
            photos=tuple(photos[change.pk]),
        )
        for change in changes
    ]
    events += _hangings(plate)
    events += [
        PlateEvent(
            line.order.created_at,
            line.order.by_label,
            _("ordered from the sign maker"),
            _("order %(number)d, %(state)s")
            % {"number": line.order.number, "state": OrderState(line.order.state).label},
            order_id=line.order_id,
        )
        for line in OrderedPlate.objects.filter(plate=plate).select_related("order")
    ]
    # What was written last stands first, also among events of one moment.
    return sorted(events, key=lambda event: event.at)[::-1]


def _photos_of_damages(changes: Iterable[ChangeEntry], kept: Iterable[Any]) -> dict[int, list[Any]]:
    """Return the photos of each reported damage by its change: a photo belongs to the one nearest in time."""
    found: dict[int, list[Any]] = defaultdict(list)
    damages = [one for one in changes if one.field == "state" and one.after == PlateState.DAMAGED]
    for photo in kept if damages else ():
        nearest = min(damages, key=lambda one: abs(one.at - photo.created_at))
        found[nearest.pk].append(photo)
    return found


def _what(change: ChangeEntry) -> str:
    if change.operation == Operation.CREATE:
        return str(PlateState.PLANNED.label)
    if change.field == "official_code":
        return _("official code: %(before)s → %(after)s") % {
            "before": change.before or "—",
            "after": change.after or "—",
        }
    return str(PlateState(change.after).label) if change.after in PlateState.values else change.field


def _hangings(plate: Doorplate) -> Iterable[PlateEvent]:
    hangings = hangings_of(plate)
    photos = attachments_of(INSTALLATION_KIND, [hung.pk for hung in hangings])
    for hung in hangings:
        where = f"{hung.lat:.6f}, {hung.lon:.6f}"
        if hung.accuracy_m is not None:
            where += f" ± {hung.accuracy_m:.0f} m"
        yield PlateEvent(
            hung.created_at,
            hung.by_label,
            _("place written down"),
            where,
            photos=tuple(photos.get(hung.pk, ())),
        )
