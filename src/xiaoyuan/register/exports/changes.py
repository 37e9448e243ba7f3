"""What happened to people between two moments: who joined, left or died, and of whom which fields changed.

It tells that a personal value changed, never from what to what.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.exports.sources import ExportSource, Selection
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.exports.fields import CODE, DATE
from xiaoyuan.register.exports.fields import field as export_field
from xiaoyuan.register.exports.people import FIELDS as PEOPLE_FIELDS
from xiaoyuan.register.exports.selecting import WHY, chunks
from xiaoyuan.register.models import Household, Membership, Person

PERSON_KIND: Final = "register.person"
HOUSEHOLD_KIND: Final = "register.household"
_FLOW: Final = frozenset(
    {"household_no", "household", "left_as", "joined_as", "until", "since", "is_deceased", "died_on"}
)
_LABELS: Final = {one.key: one.label for one in PEOPLE_FIELDS} | {
    "courtyard_id": "院落编号", "household": "户号", "members": "家庭成员", "closed_on": "销户日期",
    "registered_residence": "户籍地", "actual_residence": "现居住地", "extra": "其他栏目", "wkb": "位置",
}  # fmt: skip


class Happening(StrEnum):
    """What happened to somebody, as the feed calls it."""

    JOINED = "joined"
    LEFT = "left"
    DIED = "died"
    MOVED = "moved"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


WORDS: Final = {
    Happening.JOINED: "新增", Happening.LEFT: "减少", Happening.DIED: "死亡", Happening.MOVED: "转户",
    Happening.CHANGED: "变更", Happening.WITHDRAWN: "撤销",
}  # fmt: skip


@dataclass
class Story:
    """The changes of one person or household within a feed."""

    joined: bool = False
    left: bool = False
    died: bool = False
    withdrawn: bool = False
    fields: dict[str, None] = field(default_factory=dict)
    at: datetime | None = None
    actors: dict[str, None] = field(default_factory=dict)

    def add(self, entry: Any) -> None:
        """Take one line of the change log in."""
        self.at = entry["at"]
        self.actors[entry["actor_label"]] = None
        name, before, after = entry["field"], entry["before"], entry["after"]
        if not name:
            self.joined |= entry["operation"] == Operation.CREATE
            self.withdrawn |= entry["operation"] == Operation.DELETE
        elif name == "household_no":
            self.joined |= before is None
            self.left |= after is None
        elif name in ("is_deceased", "died_on"):
            self.died |= bool(after)
        elif name == "left_as":
            self.left |= bool(after)
        if name and (name not in _FLOW or name == "household"):
            self.fields[_LABELS.get(name, name)] = None

    @property
    def happening(self) -> Happening:
        """The word for all of it."""
        if self.withdrawn:
            return Happening.WITHDRAWN
        if self.died:
            return Happening.DIED
        if self.joined and self.left:
            return Happening.MOVED
        if self.joined or self.left:
            return Happening.JOINED if self.joined else Happening.LEFT
        return Happening.CHANGED


def sequences_between(county_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    """Return the changes of a county after `since` up to `until` as (last before, last within)."""
    rows = ChangeEntry.objects.filter(county_id=county_id)
    before = rows.filter(at__lte=since).aggregate(newest=Max("sequence"))["newest"] or 0
    within = rows.filter(at__lte=until).aggregate(newest=Max("sequence"))["newest"] or 0
    return before, max(before, within)


def newest_sequence(county_id: int) -> int:
    """Return the county's newest change."""
    newest = ChangeEntry.objects.filter(county_id=county_id).aggregate(newest=Max("sequence"))["newest"]
    return int(newest or 0)


def _entries(selection: Selection, kind: str) -> "QuerySet[ChangeEntry]":
    after, until = int(selection.filter("after") or 0), int(selection.filter("until") or 0)
    return ChangeEntry.objects.filter(
        county_id=selection.county_id, sequence__gt=after, sequence__lte=until, object_kind=kind
    )


def _persons(selection: Selection) -> "QuerySet[Any]":
    """People of the scope now or formerly, of whom the feed tells something."""
    told = _entries(selection, PERSON_KIND).filter(object_id=OuterRef("pk"))
    within = selection.scope.condition()
    belonged = Membership.objects.filter(within, person=OuterRef("pk"))
    rows = Person.objects.unscoped("narrowed to the scope, former members included")
    return rows.filter(
        Q(Exists(told)),
        within | Q(Exists(belonged)),
        county_id=selection.county_id,
        is_sample=selection.is_sample,
    )


def _households(selection: Selection) -> "QuerySet[Any]":
    told = _entries(selection, HOUSEHOLD_KIND).filter(object_id=OuterRef("pk"))
    rows = Household.objects.within(selection.scope)
    return rows.filter(Q(Exists(told)), county_id=selection.county_id, is_sample=selection.is_sample)


def _stories(
    selection: Selection, kind: str, ids: Any, gone: Mapping[int, frozenset[str]] | None = None
) -> dict[int, Story]:
    """Gather the changes of each record. Of who is `gone` (from which households) the feed ends when they left."""
    entries = _entries(selection, kind).filter(object_id__in=list(ids)).order_by("sequence")
    lines: dict[int, list[Mapping[str, Any]]] = {}
    for entry in entries.values("object_id", "at", "actor_label", "operation", "field", "before", "after"):
        lines.setdefault(entry["object_id"], []).append(entry)
    stories: dict[int, Story] = {}
    for pk, told in lines.items():
        if gone is not None and pk in gone:
            left = [at for at, entry in enumerate(told, start=1) if _leaves(entry, gone[pk])]
            told = told[: left[-1]] if left else []
        for line in told:
            stories.setdefault(pk, Story()).add(line)
    return stories


def _leaves(entry: Mapping[str, Any], numbers: frozenset[str]) -> bool:
    return entry["field"] == "household_no" and entry["before"] in numbers and entry["after"] not in numbers


def _rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    happening = selection.filter("happening")
    households = list(_households(selection).order_by("division_code", "pk").values_list("pk", flat=True))
    for part in chunks(households):
        yield from _household_rows(selection, part, happening)
    persons = list(_persons(selection).order_by("division_code", "pk").values_list("pk", flat=True))
    for part in chunks(persons):
        yield from _person_rows(selection, part, happening)


def _household_rows(selection: Selection, ids: Any, happening: str) -> Iterator[Mapping[str, Any]]:
    stories = _stories(selection, HOUSEHOLD_KIND, ids)
    heads = dict(
        Membership.objects.unscoped(WHY)
        .filter(household_id__in=ids, until__isnull=True, relation_to_head=HEAD_OF_HOUSEHOLD)
        .values_list("household_id", "person__name")
    )
    for row in Household.objects.unscoped(WHY).filter(pk__in=ids).order_by("division_code", "pk"):
        story = stories[row.pk]
        if not happening or story.happening == happening:
            yield _told(story, "户", row, heads.get(row.pk), row.household_no)


def _person_rows(selection: Selection, ids: Any, happening: str) -> Iterator[Mapping[str, Any]]:
    people = list(Person.objects.unscoped(WHY).filter(pk__in=ids).order_by("division_code", "pk"))
    homes: dict[int, dict[str, str]] = {}
    memberships = Membership.objects.unscoped(WHY).filter(selection.scope.condition(), person_id__in=ids)
    for person_id, number, code in memberships.order_by("-until", "pk").values_list(
        "person_id", "household__household_no", "division_code"
    ):
        known = homes.setdefault(person_id, {})
        known.pop(number, None)
        known[number] = code  # the newest comes last
    gone = {
        row.pk: frozenset(homes.get(row.pk, ()))
        for row in people
        if not selection.scope.contains_division(row.division_code)
    }
    stories = _stories(selection, PERSON_KIND, ids, gone)
    for row in people:
        story = stories.get(row.pk)
        if story is None or (happening and story.happening != happening):
            continue
        number, code = next(reversed(homes.get(row.pk, {}).items()), (None, row.division_code))
        told = _told(story, "人", row, row.name, number)
        yield told | {"division_code": code} if row.pk in gone else told


def _told(story: Story, owner: str, row: Any, name: str | None, number: str | None) -> dict[str, Any]:
    return {
        "happening": WORDS[story.happening],
        "kind": story.happening.value,
        "owner": owner,
        "object_id": row.pk,
        "household_id": row.pk if owner == "户" else None,
        "name": name,
        "household_no": number,
        "fields": "、".join(story.fields),
        "on": story.at.date() if story.at else None,
        "at": story.at,
        "who": "、".join(story.actors),
        "division_code": row.division_code,
    }


def _people(selection: Selection) -> int:
    return int(_persons(selection).count())


CHANGES: Final = ExportSource(
    key="changes",
    label=_("changes of people and households"),
    fields=(
        export_field("happening", "变动", "what happened"),
        export_field("owner", "对象", "of a person or a household"),
        export_field("household_no", "户号", "household number", CODE),
        export_field("name", "姓名", "name of the person or the head"),
        export_field("fields", "变更栏目", "which fields changed"),
        export_field("on", "日期", "when", DATE),
        export_field("who", "经办", "by whom"),
        export_field("division_code", "区划代码", "division code", CODE),
    ),
    count=lambda selection: _people(selection) + int(_households(selection).count()),
    persons=_people,
    rows=_rows,
    is_offered=False,
    is_archived=False,
)
