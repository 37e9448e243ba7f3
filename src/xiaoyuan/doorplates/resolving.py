"""Settling plates that contradict each other: keep one, revoke the other, correct an address, or accept both."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.doorplates.actions import revoke_plate
from xiaoyuan.doorplates.clashes import WHAT_TO_DO
from xiaoyuan.doorplates.errors import DecisionRefused, PlateReasonNeeded
from xiaoyuan.doorplates.models import ClashDecision, Doorplate
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.drawing import change_place
from xiaoyuan.register.models import Courtyard

KIND: Final = "doorplates.clashdecision"
_LONGEST_ADDRESS: Final = 200
_LONGEST_NUMBER: Final = 40


class Decision(models.TextChoices):
    """What is done about a contradiction."""

    REVOKE = "revoke", _("revoke this plate")
    CORRECT_ADDRESS = "correct_address", _("correct the address")
    ACCEPT = "accept", _("both are right")


def settle(
    *,
    kind: str,
    plates: Sequence[Doorplate],
    decision: Decision,
    reason: str,
    scope: Scope,
    actor: Actor,
    now: datetime,
    plate: Doorplate | None = None,
    address: AddressText | None = None,
) -> ClashDecision:
    """Carry out and write down what is done about plates that contradict each other.

    `plate` is the one that is revoked, or whose courtyard gets `address`; with `ACCEPT` the contradiction is not
    listed again. `plates` and `scope` come through access. Raises `PlateReasonNeeded`, `DecisionRefused` and what
    `revoke_plate` and `change_place` raise.
    """
    why = " ".join(reason.split())[:300]
    if not why:
        raise PlateReasonNeeded
    live = [one for one in plates if one.state in LIVE]
    if kind not in WHAT_TO_DO or not live or len(live) != len(plates):
        raise DecisionRefused
    with transaction.atomic():
        if decision is not Decision.ACCEPT:
            chosen = next((one for one in live if plate is not None and one.pk == plate.pk), None)
            if chosen is None:
                raise DecisionRefused
            if decision is Decision.REVOKE:
                revoke_plate(plate=chosen, reason=why, row_version=chosen.row_version, actor=actor, now=now)
            else:
                _correct_address(chosen, address, scope, actor, now)
        made: ClashDecision = ClashDecision.objects.create(
            county_id=live[0].county_id,
            division_code=live[0].division_code,
            is_sample=live[0].is_sample,
            created_at=now,
            updated_at=now,
            kind=kind,
            plates=",".join(str(pk) for pk in sorted(one.pk for one in live))[:200],
            decision=decision.value,
            reason=why,
            is_settled=decision is Decision.ACCEPT,
            by_label=actor.label[:150],
        )
        record_audit(
            actor=actor,
            now=now,
            action=f"doorplates.settle_{decision}",
            county_id=made.county_id,
            object_kind=KIND,
            object_id=made.pk,
            reason=why,
            detail={"kind": kind, "plates": [one.code for one in live][:20]},
        )
    return made


def _correct_address(
    plate: Doorplate, address: AddressText | None, scope: Scope, actor: Actor, now: datetime
) -> None:
    """Give a plate's courtyard its right address; the former one stays as an alias. It can be taken back."""
    if (
        address is None
        or not address.text.strip()
        or len(address.text) > _LONGEST_ADDRESS
        or len(address.house_number) > _LONGEST_NUMBER
        or not address.text.isprintable()
    ):
        raise DecisionRefused
    courtyard = Courtyard.objects.unscoped("of a plate that was opened through access").get(
        pk=plate.courtyard_id
    )
    change_place(
        row=courtyard,
        row_version=courtyard.row_version,
        scope=scope,
        address=AddressText(address.text.strip(), address.house_number.strip()),
        actor=actor,
        now=now,
    )
