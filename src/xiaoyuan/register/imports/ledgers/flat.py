"""Judging ledgers in which one row is one row of the register, known again by its key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.columns import (
    DecidedAbsence,
    Difference,
    ImportContext,
    JudgedRow,
    Judgement,
    Problem,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.models import Decision, Verdict
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.economy import RowWrite
from xiaoyuan.register.imports.ledgers.villages import resolve_divisions
from xiaoyuan.register.models import ScopedRow
from xiaoyuan.vault.actions import read_masked

CHUNK: Final = 5000
_WHY: Final = "an import compares its rows with what is there"

Existing = Mapping[tuple[Any, ...], Any]
Write = Callable[..., list[int]]


@dataclass(slots=True)
class FlatDraft:
    """What one row states: key, values and secrets, and the faults found."""

    row: Row
    division_code: str = ""
    key: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def fault(self, column: str, text: str) -> None:
        """Note an error of this row."""
        self.problems.append(self.row.problem(column, text))

    def note(self, column: str, text: str) -> None:
        """Note what is worth a second look."""
        self.notes.append(self.row.problem(column, text))


@dataclass(frozen=True)
class FlatLedger:
    """What differs between flat ledgers: table, key, name in the log, which column a double is shown at, drafting."""

    model: type[ScopedRow]
    object_kind: str
    key_fields: tuple[str, ...]
    key_column: str
    draft: Callable[[Row, ImportContext], FlatDraft]
    write: Write

    def lock(self, context: ImportContext) -> None:
        """Keep others from writing between judging and applying."""
        lock_changes(context.county_id)

    def judge(self, rows: Sequence[Row], context: ImportContext) -> Judgement:
        """Return a verdict for each row; its plan is the `RowWrite` that would be carried out."""
        drafts = [self.draft(row, context) for row in rows]
        resolve_divisions(drafts, context)
        self._check_doubles(drafts)
        existing = self._existing(drafts, context)
        held = self._held(existing.values(), drafts, context)
        return Judgement([self._verdict(draft, existing, held, context) for draft in drafts])

    def apply(
        self, judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
    ) -> list[RowLink]:
        """Write what is new or changed; returns which row each staged row became."""
        writing = Writing(context.county_id, context.is_sample, context.actor, context.now, context.recorder)
        pending = [one for one in judged if one.verdict.verdict in (Verdict.NEW, Verdict.CHANGED)]
        links: list[RowLink] = []
        for start in range(0, len(pending), CHUNK):
            chunk = pending[start : start + CHUNK]
            writes: list[RowWrite] = []
            for one in chunk:
                one.verdict.plan.source_row_id = one.staged_id
                writes.append(one.verdict.plan)
            ids = self.write(writing=writing, writes=writes)
            links += [
                RowLink(one.staged_id, self.object_kind, row_id)
                for one, row_id in zip(chunk, ids, strict=True)
                if one.staged_id is not None
            ]
        return links

    def _place(self, draft: FlatDraft) -> tuple[Any, ...]:
        return (draft.division_code, *(draft.key[name] for name in self.key_fields))

    def _check_doubles(self, drafts: Iterable[FlatDraft]) -> None:
        seen: dict[tuple[Any, ...], FlatDraft] = {}
        for draft in drafts:
            decided = draft.row.decided
            if decided is not None and decided.choice == Decision.LEAVE_OUT:
                continue
            if any(value is None for value in draft.key.values()) or not draft.division_code:
                continue
            first = seen.setdefault(self._place(draft), draft)
            if first is not draft:
                sentence = _("Row %(row)s of sheet “%(sheet)s” says the same thing.")
                draft.fault(self.key_column, sentence % {"row": first.row.number, "sheet": first.row.sheet})
                first.fault(self.key_column, sentence % {"row": draft.row.number, "sheet": draft.row.sheet})

    def _existing(self, drafts: Iterable[FlatDraft], context: ImportContext) -> dict[tuple[Any, ...], Any]:
        found: dict[tuple[Any, ...], Any] = {}
        for code in sorted({draft.division_code for draft in drafts if draft.division_code}):
            rows = self.model.objects.unscoped(_WHY).filter(county_id=context.county_id, division_code=code)
            found.update({(code, *(getattr(row, name) for name in self.key_fields)): row for row in rows})
        return found

    def _held(
        self, existing: Iterable[Any], drafts: Iterable[FlatDraft], context: ImportContext
    ) -> Mapping[Any, Mapping[str, Any]]:
        names = sorted({name for draft in drafts for name in draft.secrets})
        uids = [row.contact_uid for row in existing if getattr(row, "contact_uid", None)] if names else []
        return read_masked(county_id=context.county_id, subjects=uids, names=names)

    def _verdict(
        self,
        draft: FlatDraft,
        existing: Existing,
        held: Mapping[Any, Mapping[str, Any]],
        context: ImportContext,
    ) -> RowVerdict:
        row = existing.get(self._place(draft))
        if row is not None and row.is_sample != context.is_sample:
            draft.fault(self.key_column, _("A record of this name is there, and one of the two is a sample."))
        if draft.row.problems or draft.problems:
            return RowVerdict(Verdict.ERROR, draft.problems)
        write = RowWrite(draft.division_code, draft.key, draft.values, draft.secrets, row)
        if row is None:
            return RowVerdict(Verdict.NEW, draft.notes, plan=write)
        known = held.get(getattr(row, "contact_uid", None), {})
        write.secrets = {
            name: text
            for name, text in draft.secrets.items()
            if name not in known or known[name].reveal() != text
        }
        differences = [Difference(name) for name in write.secrets]
        for name, value in draft.values.items():
            before = getattr(row, name)
            after = {**before, **value} if name == "extra" else value
            if before != after:
                differences.append(Difference(name, before, after))
        return RowVerdict(
            Verdict.CHANGED if differences else Verdict.SAME,
            draft.notes if differences else [],
            differences,
            write,
        )
