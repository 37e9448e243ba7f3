"""The change log of rows as people read it: what changed, by whom, and which row of which file said so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.doorplates.queries import addresses_of
from xiaoyuan.intake.models import StagedRow
from xiaoyuan.portal.queries.desk import village_names
from xiaoyuan.register.choices import (
    EDUCATION,
    POLITICAL_STATUS,
    RELATIONS,
    JoinReason,
    LeaveReason,
    MaritalStatus,
    Sex,
    Structure,
)
from xiaoyuan.register.models import Household
from xiaoyuan.register.queries.console import PERSONAL_FIELDS

MOST: Final = 60
_PLACES: Final = ("division_code", "registered_residence", "actual_residence")
"""Fields whose values are codes of divisions."""
_POINTERS: Final = (*_PLACES, "courtyard_id", "household_id", "merged_into_id", "distinct_from")
_PARTS: Final = ("membership", "residence", "employment", "dwelling", "tags", "contractedparcel")
"""Parts of a record that came or went as a whole, which the log names by their row."""
_WHY: Final = "numbers of households named in a history that was opened through access"
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "relation_to_head": RELATIONS,
    "education": EDUCATION,
    "political_status": POLITICAL_STATUS,
    "sex": dict(Sex.choices),
    "marital_status": dict(MaritalStatus.choices),
    "dwelling_structure": dict(Structure.choices),
    "joined_as": dict(JoinReason.choices),
    "left_as": dict(LeaveReason.choices),
}


@dataclass(frozen=True)
class SourceRow:
    """The row of a file that a change came from."""

    batch_id: int
    file_name: str
    sheet: str
    row_number: str


@dataclass(frozen=True)
class HistoryLine:
    """One change in words."""

    at: datetime
    actor: str
    subject: str
    operation: str
    field: str
    before: str
    after: str
    source: SourceRow | None
    is_covered: bool = False
    """Whether the log keeps no values, because they are personal."""


def history(objects: Mapping[str, Mapping[int, str]]) -> list[HistoryLine]:
    """Return the newest changes of `{object kind: {id: name}}` with their sources. Two queries."""
    condition = Q(pk__in=[])
    for kind, names in objects.items():
        condition |= Q(object_kind=kind, object_id__in=list(names))
    entries = list(ChangeEntry.objects.filter(condition).order_by("-at", "-sequence")[:MOST])
    sources = _sources(entry.source_row_id for entry in entries if entry.source_row_id is not None)
    labels = dict(Operation.choices)
    places = _places(entries)
    return [
        HistoryLine(
            at=entry.at,
            actor=entry.actor_label,
            subject=objects[entry.object_kind][entry.object_id],
            operation=str(labels[entry.operation]),
            field=field_label(entry.field),
            before=_shown(entry.field, entry.before, places),
            after=_shown(entry.field, entry.after, places) if entry.field else "",
            source=sources.get(entry.source_row_id or 0),
            is_covered=entry.field in PERSONAL_FIELDS,
        )
        for entry in entries
    ]


def _sources(ids: Iterable[int]) -> dict[int, SourceRow]:
    rows = StagedRow.objects.filter(pk__in=set(ids)).values_list(
        "pk", "batch_id", "batch__file_name", "sheet", "row_number"
    )
    return {pk: SourceRow(batch, name, sheet, str(number)) for pk, batch, name, sheet, number in rows}


Names = dict[tuple[str, Any], str]
"""What values that point elsewhere are called, by field and value."""


def _places(entries: Iterable[ChangeEntry]) -> Names:
    """Return the names of divisions, courtyards and households that changes point to. No query when there are none."""
    values: dict[str, set[Any]] = defaultdict(set)
    for entry in entries:
        for value in (entry.before, entry.after):
            if entry.field in _POINTERS and isinstance(value, str | int) and value:
                values[entry.field].add(value)
    names: Names = {}
    for field in _PLACES:
        if values[field]:
            names |= {(field, code): name for code, name in village_names(values[field]).items()}
    if values["courtyard_id"]:
        found = addresses_of(values["courtyard_id"])
        names |= {("courtyard_id", pk): address.text for pk, address in found.items()}
    if values["household_id"]:
        rows = Household.objects.unscoped(_WHY).filter(pk__in=values["household_id"])
        names |= {("household_id", pk): number for pk, number in rows.values_list("pk", "household_no")}
    return names


def _shown(field: str, value: Any, names: Names) -> str:
    if isinstance(value, str | int) and (field, value) in names:
        return names[field, value]
    if isinstance(value, int) and not isinstance(value, bool) and (field in _POINTERS or field in _PARTS):
        return _("one record")  # the row's number would tell nobody anything
    return value_label(field, value)


def value_label(field: str, value: Any) -> str:
    """Return a field's value as people say it: words for codes, a list of tags with what is stated of each."""
    words = _WORDS.get(field, {})
    if isinstance(value, str) and value in words:
        return str(words[value])
    if isinstance(value, dict):
        return "、".join(f"{tag}({detail})" if detail else str(tag) for tag, detail in value.items()) or "—"
    return _text(value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def field_label(field: str) -> str:
    """Return a field's name as people say it; an unlisted one is shown as the log spells it."""
    return {
        "name": _("full name"),
        "sex": _("sex"),
        "birth_date": _("date of birth"),
        "ethnicity": _("ethnicity"),
        "education": _("education"),
        "political_status": _("political status"),
        "marital_status": _("marital status"),
        "is_student": _("at school"),
        "health": _("health"),
        "labour_capacity": _("labour capacity"),
        "work_place": _("place of work"),
        "work_months": _("months of work"),
        "is_resident": _("lives here"),
        "tags": _("policy tags"),
        "is_deceased": _("deceased"),
        "id_number": _("identity number"),
        "phone": _("phone"),
        "bank_account": _("bank account"),
        "group": _("villager group"),
        "courtyard": _("courtyard"),
        "dwelling_area_m2": _("dwelling area"),
        "dwelling_structure": _("dwelling structure"),
        "dwelling_year": _("year of building"),
        "arable_mu": _("arable land"),
        "forest_mu": _("forest land"),
        "main_crops": _("main crops"),
        "livestock": _("livestock"),
        "relation_to_head": _("relation to the head"),
        "storeys": _("storeys"),
        "height_m": _("height"),
        "use": _("use"),
        "household_no": _("household number"),
        "household_id": _("household"),
        "courtyard_id": _("courtyard"),
        "division_code": _("village"),
        "members": _("members"),
        "membership": _("membership"),
        "registered_residence": _("registered residence"),
        "actual_residence": _("actual residence"),
        "residence": _("residence"),
        "employment": _("work"),
        "dwelling": _("dwelling"),
        "died_on": _("day of death"),
        "closed_on": _("closed on"),
        "merged_into_id": _("merged into"),
        "distinct_from": _("told apart from"),
        "since": _("since"),
        "until": _("until"),
        "joined_as": _("came because of"),
        "left_as": _("left because of"),
        "extra": _("further columns"),
    }.get(field, field)
