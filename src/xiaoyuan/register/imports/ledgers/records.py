"""Judging and applying ledgers whose rows are records of a household or a person, known again by owner and key.

A verdict's problems keep a row out when it is ERROR and ask for a decision when it is AMBIGUOUS; on NEW and CHANGED
rows they are notes. Rows that were left out are SKIPPED.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.columns import (
    AbsentRecord,
    Column,
    DecidedAbsence,
    Difference,
    ImportContext,
    JudgedRow,
    Judgement,
    LedgerKind,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.extras import extra_field
from xiaoyuan.intake.models import Decision, Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.livelihood import RecordTable, RecordWrite, end_records, write_records
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.imports.ledgers.owners import Owners, RecordDraft
from xiaoyuan.register.imports.ledgers.villages import resolve_divisions, village_of
from xiaoyuan.vault.actions import read_masked

CHUNK: Final = 5000
_WHY: Final = "an import compares its rows with what is there"

Place = tuple[Any, ...]


@dataclass(frozen=True)
class RecordLedger:
    """What differs between such ledgers.

    `key_fields` tell the records of one owner apart; where `is_key_of_village`, they do so within the village and the
    owner is a value that may change. `state` fills a draft from its row. `is_open` says of a record of the register
    whether its absence from the file is worth a question. `check` looks at all drafts of a village together.
    """

    table: RecordTable
    owner_field: str
    key_fields: tuple[str, ...]
    key_column: str
    state: Callable[[RecordDraft], None]
    is_key_of_village: bool = False
    is_open: Callable[[Any, Sequence[RecordDraft]], bool] | None = None
    check: Callable[[Sequence[RecordDraft]], None] = lambda drafts: None

    def kind(self, key: str, label: str | Promise, columns: tuple[Column, ...]) -> LedgerKind:
        """Return the kind of ledger that the engine offers."""
        return LedgerKind(
            key=key,
            label=label,
            columns=columns,
            judge=self.judge,
            apply=self.apply,
            take_back=take_back,
            lock=_lock,
            is_personal=True,
            block=village_of,
            absent_choices=(Decision.KEEP, Decision.ENDED) if self.is_open is not None else (),
        )

    # Judging

    def judge(self, rows: Sequence[Row], context: ImportContext) -> Judgement:
        """Return a verdict for each row; its plan is the `RecordWrite` that would be carried out."""
        drafts = [RecordDraft(row) for row in rows]
        resolve_divisions(drafts, context, level=divisions.Level.VILLAGE)
        by_village: dict[str, list[RecordDraft]] = defaultdict(list)
        for draft in drafts:
            if draft.division_code:
                by_village[draft.division_code].append(draft)
        verdicts: dict[int, RowVerdict] = {}
        absent: list[AbsentRecord] = []
        for division_code, members in by_village.items():
            absent += self._judge_village(division_code, members, context, verdicts)
        return Judgement(
            [
                verdicts.get(id(draft)) or RowVerdict(Verdict.ERROR, [*draft.faults, *draft.notes])
                for draft in drafts
            ],
            absent,
        )

    def _judge_village(
        self,
        division_code: str,
        drafts: Sequence[RecordDraft],
        context: ImportContext,
        verdicts: dict[int, RowVerdict],
    ) -> list[AbsentRecord]:
        owners = Owners(division_code, drafts, context)
        for draft in drafts:
            self.state(draft)
            if draft.row.extra:
                self._keep_extra(draft)
            for heading, text in draft.row.personal_extra.items():
                draft.secrets[extra_field(heading)] = text
            self._find_owner(draft, owners)
        kept = [draft for draft in drafts if not draft.is_left_out]
        self._refuse_doubles(kept)
        self.check(kept)
        existing = self._existing(division_code, context)
        held = _held(kept, context)
        for draft in drafts:
            verdicts[id(draft)] = self._verdict(draft, existing, held, context)
        return self._absent(drafts, existing, context)

    def _find_owner(self, draft: RecordDraft, owners: Owners) -> None:
        if self.owner_field == "household_id":
            owners.find_household(draft)
        else:
            owners.find_person(draft)

    def _keep_extra(self, draft: RecordDraft) -> None:
        draft.values["extra"] = dict(draft.row.extra)

    def _find_row(self, draft: RecordDraft, existing: Mapping[Place, Any]) -> Any:
        """Return the record of the register that the row is about, None when there is none."""
        place = self._place(draft)
        return existing.get(place) if place is not None else None

    def _place(self, draft: RecordDraft) -> Place | None:
        """Return what tells the record apart in its village, None when that is not known."""
        values = tuple(draft.key.get(name) for name in self.key_fields)
        if any(value is None for value in values) or (draft.owner is None and not self.is_key_of_village):
            return None
        return values if self.is_key_of_village else (draft.owner, *values)

    def _named(self, draft: RecordDraft) -> Iterable[Place]:
        """Return the places of the records that a row speaks of."""
        place = self._place(draft)
        return () if place is None else (place,)

    def _refuse_doubles(self, drafts: Iterable[RecordDraft]) -> None:
        seen: dict[Place, RecordDraft] = {}
        for draft in drafts:
            place = self._place(draft)
            if place is None:
                continue
            first = seen.setdefault(place, draft)
            if first is not draft:
                sentence = _("Row %(row)s of sheet “%(sheet)s” says the same thing.")
                for one, other in ((draft, first), (first, draft)):
                    one.fault(self.key_column, sentence % {"row": other.row.number, "sheet": other.row.sheet})

    def _existing(self, division_code: str, context: ImportContext) -> dict[Place, Any]:
        rows = self.table.model.objects.unscoped(_WHY).filter(
            county_id=context.county_id, division_code=division_code
        )
        names = self.key_fields if self.is_key_of_village else (self.owner_field, *self.key_fields)
        return {tuple(getattr(row, name) for name in names): row for row in rows.order_by("pk")}

    def _verdict(
        self,
        draft: RecordDraft,
        existing: Mapping[Place, Any],
        held: Mapping[UUID, Mapping[str, Any]],
        context: ImportContext,
    ) -> RowVerdict:
        if draft.is_left_out:
            return RowVerdict(Verdict.SKIPPED)
        row = self._find_row(draft, existing)
        if row is not None and row.is_sample != context.is_sample:
            draft.fault(self.key_column, _("A record of this name is there, and one of the two is a sample."))
        problems = [*draft.faults, *draft.doubts, *draft.notes]
        if draft.row.problems or draft.faults or (draft.owner is None and not draft.doubts):
            return RowVerdict(Verdict.ERROR, problems)
        if (
            draft.doubts
        ):  # nobody who is not in the register can own something: one of the candidates is chosen
            return RowVerdict(Verdict.AMBIGUOUS, problems, candidates=draft.candidates)
        key, values = dict(draft.key), dict(draft.values)
        (values if self.is_key_of_village else key)[draft.owner_field] = draft.owner
        known = held.get(draft.subject, {}) if draft.subject is not None else {}
        secrets = {
            name: text
            for name, text in draft.secrets.items()
            if name not in known or known[name].reveal() != text
        }
        plan = RecordWrite(draft.division_code, key, values, row, secrets, draft.subject)
        if row is None:
            return RowVerdict(Verdict.NEW, draft.notes, plan=plan)
        differences = [Difference(name) for name in secrets]
        for name, value in values.items():
            before = getattr(row, name)
            after = {**before, **value} if name == "extra" else value
            if before != after:
                differences.append(Difference(name, before, after))
        verdict = Verdict.CHANGED if differences else Verdict.SAME
        return RowVerdict(verdict, draft.notes, differences, plan)

    def _absent(
        self, drafts: Sequence[RecordDraft], existing: Mapping[Place, Any], context: ImportContext
    ) -> list[AbsentRecord]:
        if self.is_open is None:
            return []
        named = {place for draft in drafts for place in self._named(draft)}
        return [
            AbsentRecord(self.table.kind, row.pk)
            for place, row in existing.items()
            if place not in named
            and row.is_sample == context.is_sample
            and (row.until is None or row.until > context.today)
            and self.is_open(row, drafts)
        ]

    # Applying

    def apply(
        self, judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
    ) -> list[RowLink]:
        """Write what is new or changed and end what no longer holds; returns what each staged row became."""
        writing = Writing(context.county_id, context.is_sample, context.actor, context.now, context.recorder)
        pending = [one for one in judged if one.verdict.verdict in (Verdict.NEW, Verdict.CHANGED)]
        ended = {one.record.object_id: one.staged_id for one in absences if one.choice == Decision.ENDED}
        links: list[RowLink] = []
        if ended:
            gone = end_records(writing=writing, table=self.table, ids=ended, on=context.today)
            links += [RowLink(ended[pk], self.table.kind, pk) for pk in gone]
        for start in range(0, len(pending), CHUNK):
            chunk = pending[start : start + CHUNK]
            for one in chunk:
                one.verdict.plan.source_row_id = one.staged_id
            ids = write_records(writing=writing, table=self.table, writes=[one.verdict.plan for one in chunk])
            links += [
                RowLink(one.staged_id, self.table.kind, pk)
                for one, pk in zip(chunk, ids, strict=True)
                if one.staged_id is not None
            ]
        return links


def take(draft: RecordDraft, names: Iterable[str]) -> None:
    """Take over the values that the row states."""
    given = draft.row.values
    for name in names:
        value = given.get(name)
        if value is not None:
            draft.values[name] = value


def take_either(draft: RecordDraft, name: str, others: Iterable[tuple[str, str]]) -> None:
    """Take a value that may stand in columns of several units: (key, label) of each; two that differ are an error."""
    found = [(label, value) for key, label in others if (value := draft.row.values.get(key)) is not None]
    if not found:
        return
    draft.values[name] = found[0][1]
    for label, value in found[1:]:
        if value != found[0][1]:
            sentence = _("This contradicts the column “%(column)s”.")
            draft.fault(label, sentence % {"column": found[0][0]})


def _held(drafts: Iterable[RecordDraft], context: ImportContext) -> Mapping[UUID, Mapping[str, Any]]:
    with_secrets = [draft for draft in drafts if draft.secrets and draft.subject is not None]
    names = sorted({name for draft in with_secrets for name in draft.secrets})
    subjects = [draft.subject for draft in with_secrets if draft.subject is not None]
    return read_masked(county_id=context.county_id, subjects=subjects, names=names) if names else {}


def _lock(context: ImportContext) -> None:
    """Keep others from writing between judging and applying."""
    lock_changes(context.county_id)
