"""The change log of rows as people read it: what changed, by whom, and which row of which file said so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext as _

from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.intake.models import StagedRow
from xiaoyuan.register.choices import (
    EDUCATION,
    POLITICAL_STATUS,
    RELATIONS,
    MaritalStatus,
    Sex,
    Structure,
)

MOST: Final = 60
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "relation_to_head": RELATIONS,
    "education": EDUCATION,
    "political_status": POLITICAL_STATUS,
    "sex": dict(Sex.choices),
    "marital_status": dict(MaritalStatus.choices),
    "dwelling_structure": dict(Structure.choices),
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


def history(objects: Mapping[str, Mapping[int, str]]) -> list[HistoryLine]:
    """Return the newest changes of `{object kind: {id: name}}` with their sources. Two queries."""
    condition = Q(pk__in=[])
    for kind, names in objects.items():
        condition |= Q(object_kind=kind, object_id__in=list(names))
    entries = list(ChangeEntry.objects.filter(condition).order_by("-at", "-sequence")[:MOST])
    sources = _sources(entry.source_row_id for entry in entries if entry.source_row_id is not None)
    labels = dict(Operation.choices)
    return [
        HistoryLine(
            at=entry.at,
            actor=entry.actor_label,
            subject=objects[entry.object_kind][entry.object_id],
            operation=str(labels[entry.operation]),
            field=field_label(entry.field),
            before=value_label(entry.field, entry.before),
            after=value_label(entry.field, entry.after) if entry.field else "",
            source=sources.get(entry.source_row_id or 0),
        )
        for entry in entries
    ]


def _sources(ids: Iterable[int]) -> dict[int, SourceRow]:
    rows = StagedRow.objects.filter(pk__in=set(ids)).values_list(
        "pk", "batch_id", "batch__file_name", "sheet", "row_number"
    )
    return {pk: SourceRow(batch, name, sheet, str(number)) for pk, batch, name, sheet, number in rows}


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
        "name": _("name"),
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
    }.get(field, field)
