"""Staged rows as a clerk decides on them: what they said (covered where personal), what changes, who may be meant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.layouts import from_json
from xiaoyuan.intake.models import Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline.deciding import offered
from xiaoyuan.intake.queries import staged_cells_of
from xiaoyuan.portal.queries.desk import village_names
from xiaoyuan.portal.queries.history import field_label, value_label
from xiaoyuan.register.models import Household, Membership, Person

COVERED: Final = "****"
_LOOK_UP: Final = 500
_OPEN_KEYS: Final = frozenset({"name", "head_name"})
"""Personal columns that whoever may import may read: names are how people find a row again."""


@dataclass(frozen=True)
class Candidate:
    """A record that an ambiguous row may be."""

    id: int
    text: str


@dataclass(frozen=True)
class RowView:
    """A staged row for a page."""

    row: StagedRow
    said: tuple[tuple[str, str], ...]
    differences: tuple[tuple[str, str, str], ...]
    messages: tuple[tuple[str, str], ...]
    candidates: tuple[Candidate, ...]
    choices: tuple[tuple[str, str], ...]
    subject: str

    @property
    def is_waiting(self) -> bool:
        """Whether somebody must decide before the file can be written."""
        return self.row.verdict in (Verdict.ERROR, Verdict.AMBIGUOUS) and not self.row.decision


def row_views(batch: ImportBatch, rows: Sequence[StagedRow], scope: Scope, *, may_see: bool) -> list[RowView]:
    """Return rows of one page. `may_see`: the viewer may import here, so names and differences are shown."""
    cells = staged_cells_of(rows) if may_see else {}
    covered = _covered_headings(batch) if may_see else frozenset()
    wanted = {one for row in rows for one in row.candidates} if may_see else set()
    absent = {row.object_id for row in rows if row.verdict == Verdict.ABSENT and row.object_id}
    people = _people(scope, wanted | absent if may_see else set())
    households = _households(scope, wanted - people.keys())
    names = people | households
    return [
        RowView(
            row=row,
            said=_said(cells.get(row.pk, {}), covered),
            differences=_differences(cells.get(row.pk, {})),
            messages=tuple(_message(one) for one in row.messages),
            candidates=tuple(
                Candidate(one, names.get(one) or _("record %(id)s outside your divisions") % {"id": one})
                for one in (row.candidates if may_see else ())
            ),
            choices=_choices(batch, row),
            subject=people.get(row.object_id or 0, "") if row.verdict == Verdict.ABSENT else "",
        )
        for row in rows
    ]


def _choices(batch: ImportBatch, row: StagedRow) -> tuple[tuple[str, str], ...]:
    """Return what can be decided of a row without naming a candidate."""
    possible = offered(batch, row.verdict) - {Decision.USE_CANDIDATE}
    return tuple((str(one), str(one.label)) for one in Decision if one in possible)


def _covered_headings(batch: ImportBatch) -> frozenset[str]:
    """Return the headings whose cells no page shows."""
    if not batch.mapping or not batch.kind:
        return frozenset()
    columns = {column.key: column for column in ledger_kind(batch.kind).columns}
    covered = set()
    for sheet in from_json(batch.mapping).sheets:
        for meaning in sheet.columns:
            column = columns.get(meaning.key)
            is_personal = meaning.is_personal if column is None else column.is_personal
            if is_personal and meaning.key not in _OPEN_KEYS:
                covered |= {meaning.heading, *([column.label] if column else [])}
    return frozenset(covered)


def _said(cells: dict[str, Any], covered: Iterable[str]) -> tuple[tuple[str, str], ...]:
    written = dict(cells.get("cells") or {})
    return tuple(
        (heading, COVERED if heading in covered else str(text)) for heading, text in written.items() if text
    )


def _differences(cells: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    found = []
    for one in cells.get("differences") or ():
        name = str(one["field"]).removeprefix("household.")
        before, after = one.get("before"), one.get("after")
        if name == "extra" and isinstance(after, dict):
            held = before if isinstance(before, dict) else {}
            found += [
                (key, value_label("", held.get(key)), value_label("", text))
                for key, text in after.items()
                if held.get(key) != text
            ]
        elif before is None and after is None:  # a field of the vault: only that it differs
            found.append((field_label(name), COVERED, COVERED))
        else:
            found.append((field_label(name), value_label(name, before), value_label(name, after)))
    return tuple(found)


def _message(message: Any) -> tuple[str, str]:
    if isinstance(message, dict):
        return str(message.get("column", "")), str(message.get("text", ""))
    return "", str(message)


def _people(scope: Scope, ids: set[int]) -> dict[int, str]:
    """Name persons of a scope with their household, so that a clerk knows who is meant."""
    if not ids:
        return {}
    rows = {row.pk: row for row in Person.objects.within(scope).filter(pk__in=ids)}
    homes = {
        one.person_id: one.household
        for one in Membership.objects.within(scope)
        .filter(person_id__in=list(rows), until__isnull=True)
        .select_related("household")
    }
    places = village_names({row.division_code for row in rows.values()})
    found = {}
    for pk, row in rows.items():
        parts = [row.name, places.get(row.division_code, "")]
        if row.birth_date:
            parts.insert(1, _("born %(year)s") % {"year": row.birth_date.year})
        if pk in homes:
            parts.append(_("household %(number)s") % {"number": homes[pk].household_no})
        found[pk] = " · ".join(part for part in parts if part)
    return found


def _households(scope: Scope, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = list(Household.objects.within(scope).filter(pk__in=ids))
    places = village_names({row.division_code for row in rows})
    return {
        row.pk: " · ".join(
            part
            for part in (
                _("household %(number)s") % {"number": row.household_no},
                places.get(row.division_code, ""),
                row.group,
            )
            if part
        )
        for row in rows
    }


def named_records(viewer: Viewer) -> Callable[[Sequence[tuple[str, int]]], dict[tuple[str, int], str]]:
    """Return how absent records are called in a report: by their household's number, within the viewer's right."""
    scope = viewer.scope_for(Permission.VIEW_PEOPLE)

    def names(records: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        persons = [pk for kind, pk in records if kind == Person._meta.label_lower]
        found: dict[tuple[str, int], str] = {}
        for start in range(0, len(persons), _LOOK_UP):
            rows = Membership.objects.within(scope).filter(
                person_id__in=persons[start : start + _LOOK_UP], until__isnull=True
            )
            for pk, number in rows.values_list("person_id", "household__household_no"):
                found[Person._meta.label_lower, pk] = _("household %(number)s") % {"number": number}
        return found

    return names
