"""What was done to a household or person in steps that can be taken back, as people read it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.errors import Dependency
from xiaoyuan.history.models import Revision
from xiaoyuan.register.actions.drawing import CHANGE, DRAW, REMOVE
from xiaoyuan.register.actions.placing import CREATE, PLACE
from xiaoyuan.register.models import Household, Person

MOST: Final = 20
PLACE_ACTIONS: Final = (DRAW, CHANGE, REMOVE, PLACE, CREATE)
"""Actions on places that are taken back on the map."""
_WHY: Final = "rows that depend on a revision that was opened through access"


@dataclass(frozen=True)
class Step:
    """One revision in words."""

    id: int
    at: datetime
    actor: str
    label: str
    subject: str
    undone_at: datetime | None
    undone_by: str
    can_undo: bool = False


def steps_on(
    objects: Mapping[str, Mapping[int, str]], within_reach: Mapping[str, Collection[int]]
) -> list[Step]:
    """Return the newest revisions of `{object kind: {id: name}}`; of ids within reach they can be undone. One query."""
    condition = Q(pk__in=[])
    for kind, names in objects.items():
        condition |= Q(object_kind=kind, object_id__in=list(names))
    rows = Revision.objects.filter(condition).order_by("-at", "-pk")[:MOST]
    return [
        replace(
            _step(row, objects[row.object_kind][row.object_id or 0]),
            can_undo=row.undone_at is None and row.object_id in within_reach.get(row.object_kind, ()),
        )
        for row in rows
    ]


def steps_of(revisions: Iterable[Revision]) -> list[Step]:
    """Return revisions in words, without a subject."""
    return [_step(row, "") for row in revisions]


def newest_revision(actor: Actor, now: datetime) -> int | None:
    """Return the revision that somebody's action at this moment opened."""
    rows = Revision.objects.filter(actor_id=actor.user_id, at=now).order_by("-pk")
    return rows.values_list("pk", flat=True).first()


def _step(row: Revision, subject: str) -> Step:
    return Step(
        row.pk, row.at, row.actor_label, action_label(row.action), subject, row.undone_at, row.undone_by_label
    )


def action_label(action: str) -> str:
    """Return an action of the register as people say it; an unlisted one as the log spells it."""
    return {
        "register.change_person": _("record of a person changed"),
        "register.change_people": _("records changed in the table"),
        "register.change_household": _("record of the household changed"),
        "register.create_household": _("household created"),
        "register.add_member": _("member added"),
        "register.move_person": _("person moved to another household"),
        "register.move_household": _("household moved"),
        "register.split_household": _("household split"),
        "register.merge_households": _("households merged"),
        "register.record_death": _("death recorded"),
        "register.record_birth": _("birth recorded"),
        "register.marry_in": _("marriage into the household recorded"),
        "register.move_out": _("person moved out"),
        "register.change_head": _("head of the household changed"),
        "register.leave_for_work": _("work away recorded"),
        "register.return_from_work": _("return from work recorded"),
        "register.merge_persons": _("two records of one person merged"),
        "register.mark_distinct": _("two people told apart"),
        "register.place_courtyard": _("courtyard placed on the map"),
        "register.create_courtyard": _("courtyard created"),
        "register.draw_place": _("place drawn"),
        "register.change_place": _("place changed"),
        "register.remove_place": _("place removed"),
        "intake.apply": _("ledger imported"),
    }.get(action, action)


def named_dependencies(dependencies: Iterable[Dependency]) -> list[tuple[str, Dependency]]:
    """Return what each dependency is about, in words."""
    kinds = {Household._meta.label_lower: Household, Person._meta.label_lower: Person}
    named = []
    for one in dependencies:
        model = kinds.get(one.object_kind)
        row = model.objects.unscoped(_WHY).filter(pk=one.object_id).first() if model else None
        name = getattr(row, "name", "") or getattr(row, "household_no", "") or action_label(one.object_kind)
        named.append((name, one))
    return named
