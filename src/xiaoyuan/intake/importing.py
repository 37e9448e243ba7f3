"""The way of an import: rows are judged, staged with their verdicts, and applied in one transaction or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.intake.actions import RowRecord, mark_applied, mark_refused, open_batch, stage_rows
from xiaoyuan.intake.columns import ImportContext, JudgedRow, Problem, Row, RowVerdict
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import Verdict
from xiaoyuan.intake.reading import Ledger

REFUSING: Final = frozenset({Verdict.ERROR, Verdict.AMBIGUOUS})
"""One row of these keeps the whole file out of the register."""


class Outcome(StrEnum):
    """What became of a file."""

    PREVIEWED = "previewed"
    REFUSED = "refused"
    APPLIED = "applied"
    UNCHANGED = "unchanged"


class Phase(StrEnum):
    """Steps of an import after reading, for a progress bar."""

    JUDGING = "judging"
    STAGING = "staging"
    APPLYING = "applying"


@dataclass(frozen=True)
class ImportReport:
    """What an import found and did. `counts` by verdict value; `batch_id` is None for a preview."""

    outcome: Outcome
    counts: dict[str, int]
    problems: list[Problem] = field(default_factory=list)
    batch_id: int | None = None


def preview(ledger: Ledger, context: ImportContext) -> ImportReport:
    """Judge all rows and write nothing."""
    verdicts = _judge(ledger, context)
    return ImportReport(Outcome.PREVIEWED, _counts(verdicts), _problems(verdicts))


def import_ledger(
    ledger: Ledger,
    file: SourceFile,
    context: ImportContext,
    *,
    on_phase: Callable[[Phase], None] = lambda phase: None,
) -> ImportReport:
    """Judge, stage and apply a ledger in one transaction.

    When any row is an error or ambiguous, nothing is applied: the batch stays as refused with its staged rows. A
    fault while applying rolls back everything, the batch included.
    """
    with transaction.atomic():
        on_phase(Phase.JUDGING)
        ledger.kind.lock(context)
        verdicts = _judge(ledger, context)
        batch = open_batch(
            county_id=context.county_id,
            division_code=context.division_code,
            kind=ledger.kind.key,
            file=file,
            actor=context.actor,
            now=context.now,
            is_sample=context.is_sample,
        )
        on_phase(Phase.STAGING)
        staged_ids = stage_rows(
            batch=batch,
            rows=(_record(row, verdict) for row, verdict in zip(ledger.rows, verdicts, strict=True)),
            # Columns that nobody asked for may be personal too, and refused rows are kept as well.
            is_personal=ledger.kind.is_personal or any(row.personal_extra for row in ledger.rows),
            now=context.now,
        )
        counts, problems = _counts(verdicts), _problems(verdicts)
        if any(verdict.verdict in REFUSING for verdict in verdicts):
            mark_refused(batch=batch, actor=context.actor, now=context.now)
            return ImportReport(Outcome.REFUSED, counts, problems, batch.pk)
        on_phase(Phase.APPLYING)
        judged = [JudgedRow(*one) for one in zip(ledger.rows, verdicts, staged_ids, strict=True)]
        links = ledger.kind.apply(judged, (), context)
        mark_applied(batch=batch, actor=context.actor, now=context.now, links=links)
    outcome = Outcome.UNCHANGED if set(counts) <= {Verdict.SAME} else Outcome.APPLIED
    return ImportReport(outcome, counts, problems, batch.pk)


def _judge(ledger: Ledger, context: ImportContext) -> Sequence[RowVerdict]:
    verdicts = ledger.kind.judge(ledger.rows, context).verdicts
    for row, verdict in zip(ledger.rows, verdicts, strict=True):
        if row.problems:
            verdict.verdict = Verdict.ERROR
            verdict.problems = [*row.problems, *verdict.problems]
    return verdicts


def _record(row: Row, verdict: RowVerdict) -> RowRecord:
    differences = [
        {"field": one.field, "before": _plain(one.before), "after": _plain(one.after)}
        for one in verdict.differences
    ]
    return RowRecord(
        sheet=row.sheet,
        row_number=row.number,
        cells={"cells": row.written, "differences": differences} if differences else {"cells": row.written},
        verdict=verdict.verdict,
        messages=tuple({"column": problem.column, "text": problem.text} for problem in verdict.problems),
    )


def _plain(value: object) -> object:
    return orjson.loads(orjson.dumps(value, default=str))


def _counts(verdicts: Sequence[RowVerdict]) -> dict[str, int]:
    return dict(Counter(str(verdict.verdict) for verdict in verdicts))


def _problems(verdicts: Sequence[RowVerdict]) -> list[Problem]:
    return [problem for verdict in verdicts for problem in verdict.problems]


def place_of(problem: Problem) -> str:
    """Return where a problem stands, as a person looks for it in the workbook."""
    if not problem.column:
        return _("sheet “%(sheet)s”, row %(row)s") % {"sheet": problem.sheet, "row": problem.row_number}
    return _("sheet “%(sheet)s”, row %(row)s, column “%(column)s”") % {
        "sheet": problem.sheet,
        "row": problem.row_number,
        "column": problem.column,
    }
