"""Importing whole lists of divisions: a verdict for each row, parked rows taken up when their parent comes."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.actions import RowLink, RowRecord, mark_applied, open_batch, stage_rows
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import ImportBatch, StagedRow, Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.divisions import (
    KIND,
    SHARED,
    DivisionLine,
    Tree,
    add_ancestors,
    change_divisions,
    create_divisions,
    read_tree,
)
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.models import Division

DIVISIONS: Final = "divisions"
"""Kind of the batches of division lists."""
_BATCH: Final = 2000
_WRITTEN: Final = (Verdict.NEW, Verdict.CHANGED)

Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


@dataclass(frozen=True)
class DivisionList:
    """A file of divisions as it was read."""

    file: SourceFile
    lines: Sequence[DivisionLine]


@dataclass(frozen=True, slots=True)
class RowNote:
    """What a person should know of one row of a file."""

    file_name: str
    row_number: int
    code: str
    verdict: Verdict
    text: str


@dataclass
class DivisionsReport:
    """Rows by verdict and level (no level when the code could not be read), and the rows to look at."""

    counts: Counter[tuple[Verdict, divisions.Level | None]] = field(default_factory=Counter)
    added_parents: list[str] = field(default_factory=list)
    picked_up: int = 0
    notes: list[RowNote] = field(default_factory=list)

    def total(self, verdict: Verdict) -> int:
        """Return how many rows got a verdict."""
        return sum(count for (given, _level), count in self.counts.items() if given is verdict)


@dataclass(slots=True)
class _Row:
    """A line on its way: its file (-1: parked by an earlier import), its verdict, the staged row it is."""

    file: int
    line: DivisionLine
    verdict: Verdict = Verdict.NEW
    messages: tuple[str, ...] = ()
    staged_id: int | None = None
    is_parked: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether it was parked by an earlier import."""
        return self.file < 0


def import_divisions(
    *,
    lists: Sequence[DivisionList],
    provinces: dict[str, str],
    origin: DivisionOrigin,
    actor: Actor,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> DivisionsReport:
    """Bring the tree up to date with some lists, in one transaction; the order of rows and files does not matter.

    A row whose parent is unknown is parked and taken up by the import that brings the parent; `provinces` (code to
    name) are made when a city needs them. Rows that contradict each other are all left unapplied.
    """
    report = DivisionsReport()
    with transaction.atomic():
        tree = read_tree()
        rows = [_Row(at, line) for at, part in enumerate(lists) for line in part.lines]
        waiting = _waiting_rows()
        _judge(rows, waiting, tree, provinces, report)
        add_ancestors(codes=report.added_parents, provinces=provinces, tree=tree, actor=actor, now=now)
        batches = [_open(part, origin, actor, now) for part in lists]
        for at, batch in enumerate(batches):
            own = [row for row in rows if row.file == at]
            for row, staged_id in zip(
                own, stage_rows(batch=batch, rows=map(_record, own), now=now), strict=True
            ):
                row.staged_id = staged_id
        _write([*rows, *waiting], tree, origin, actor, now, progress)
        _close_waiting(waiting, tree)
        for at, batch in enumerate(batches):
            links = [
                RowLink(row.staged_id, KIND, tree[row.line.code].pk)
                for row in rows
                if row.file == at and row.staged_id is not None and row.verdict in _WRITTEN
            ]
            mark_applied(batch=batch, actor=actor, now=now, links=links)
    _count(report, rows, waiting, lists)
    return report


def _waiting_rows() -> list[_Row]:
    parked = StagedRow.objects.filter(batch__kind=DIVISIONS, verdict=Verdict.PARKED).order_by("id")
    rows = []
    for staged in parked:
        cells = staged.cells or {}
        line = DivisionLine(staged.row_number, cells["code"], cells["name"], cells["class"])
        rows.append(_Row(-1, line, Verdict.PARKED, staged_id=staged.pk, is_parked=True))
    return rows


def _judge(
    rows: Sequence[_Row],
    waiting: Sequence[_Row],
    tree: Tree,
    provinces: dict[str, str],
    report: DivisionsReport,
) -> None:
    """Give every row its verdict, the widest level first so that parents within the files count."""
    names: dict[str, set[str]] = {}
    for row in rows:
        if row.line.error:
            row.verdict, row.messages = Verdict.ERROR, (row.line.error,)
        else:
            names.setdefault(row.line.code, set()).add(row.line.name)
    parked_as = {row.line.code: row.line.name for row in waiting}
    known = set(tree)
    candidates = [row for row in (*rows, *waiting) if row.verdict is not Verdict.ERROR]
    for row in sorted(candidates, key=lambda row: (len(row.line.code), row.is_waiting)):
        line = row.line
        if len(names.get(line.code, ())) > 1 and not row.is_waiting:
            row.verdict = Verdict.AMBIGUOUS
            row.messages = (
                _("The code is given with several names: %(names)s.")
                % {"names": " / ".join(sorted(names[line.code]))},
            )
        elif (
            row.is_waiting
            and line.code in names
            and (line.code in known or parked_as[line.code] != line.name)
        ):
            # What a newer file says of the division stands, parked or not.
            row.verdict, row.is_parked = Verdict.SAME, False
        elif not _has_parent(line.code, known, provinces, report):
            # A row that waits already is not kept twice.
            row.verdict = Verdict.SAME if parked_as.get(line.code) == line.name else Verdict.PARKED
            row.is_parked = True
            parked_as[line.code] = line.name
            row.messages = (
                _("Its parent %(code)s is unknown; the row waits for it.")
                % {"code": divisions.parent_code(line.code)},
            )
        else:
            row.verdict = _compared(line, tree.get(line.code), is_repeated=line.code in known)
            row.is_parked = False
            known.add(line.code)


def _compared(line: DivisionLine, current: Division | None, *, is_repeated: bool) -> Verdict:
    if current is None:
        return Verdict.SAME if is_repeated else Verdict.NEW
    is_same_class = line.urban_rural_class in ("", current.urban_rural_class)
    return Verdict.SAME if current.name == line.name and is_same_class else Verdict.CHANGED


def _has_parent(code: str, known: set[str], provinces: dict[str, str], report: DivisionsReport) -> bool:
    """Whether the parent is there or may be made: a province by its national name, the root of local divisions."""
    parent = divisions.parent_code(code)
    if parent is None or parent in known:
        return True
    if parent in provinces:
        wanted: tuple[str, ...] = (parent,)
    elif parent == divisions.LOCAL_COUNTY:
        wanted = (*divisions.ancestors(parent), parent)
    else:
        return False
    report.added_parents += [wanted_code for wanted_code in wanted if wanted_code not in known]
    known.update(wanted)
    return True


def _record(row: _Row) -> RowRecord:
    line = row.line
    cells = {"code": line.code, "name": line.name, "class": line.urban_rural_class}
    return RowRecord("", line.row_number, cells, row.verdict, row.messages)


def _open(part: DivisionList, origin: DivisionOrigin, actor: Actor, now: datetime) -> ImportBatch:
    codes = [line.code for line in part.lines if not line.error]
    # The first and the last in order share what all share.
    first, last = min(codes, default=""), max(codes, default="")
    shared = (
        cut
        for cut in sorted(divisions.LENGTHS, reverse=True)
        if first[:cut] == last[:cut] and cut <= len(first)
    )
    code = first[: next(shared, 0)]
    return open_batch(
        county_id=SHARED,
        division_code=code,
        kind=DIVISIONS,
        file=part.file,
        actor=actor,
        now=now,
        is_sample=origin is DivisionOrigin.SAMPLE,
    )


def _write(
    rows: Sequence[_Row], tree: Tree, origin: DivisionOrigin, actor: Actor, now: datetime, progress: Progress
) -> None:
    """Create and change divisions, level by level because children need the ids of their parents."""
    new = sorted((row for row in rows if row.verdict is Verdict.NEW), key=lambda row: len(row.line.code))
    changed = [(row.line, row.staged_id) for row in rows if row.verdict is Verdict.CHANGED]
    total, done = len(new) + len(changed), 0
    for _digits, level in groupby(new, key=lambda row: len(row.line.code)):
        while chunk := [(row.line, row.staged_id) for row in islice(level, _BATCH)]:
            create_divisions(lines=chunk, tree=tree, origin=origin, actor=actor, now=now)
            done += len(chunk)
            progress(done, total)
    change_divisions(lines=changed, tree=tree, origin=origin, actor=actor, now=now)
    progress(total, total)


def _close_waiting(waiting: Iterable[_Row], tree: Tree) -> None:
    """Close the parked rows that found their parent, or whose division a newer file brought."""
    done = {row.staged_id: row for row in waiting if not row.is_parked and row.staged_id is not None}
    staged = StagedRow.objects.in_bulk(list(done))
    for staged_id, kept in staged.items():
        division = tree.get(done[staged_id].line.code)
        kept.verdict = done[staged_id].verdict
        if division is not None:
            kept.messages = [*kept.messages, _("Taken up when its parent was imported.")]
            kept.object_kind, kept.object_id = KIND, division.pk
    StagedRow.objects.bulk_update(
        staged.values(), ["verdict", "messages", "object_kind", "object_id"], batch_size=_BATCH
    )


def _count(
    report: DivisionsReport, rows: Iterable[_Row], waiting: Iterable[_Row], lists: Sequence[DivisionList]
) -> None:
    report.picked_up = sum(row.verdict in _WRITTEN for row in waiting)
    for row in rows:
        verdict = Verdict.PARKED if row.is_parked else row.verdict
        level = None if verdict is Verdict.ERROR else divisions.level_of(row.line.code)
        report.counts[(verdict, level)] += 1
        if row.messages:
            name = lists[row.file].file.name
            report.notes.append(
                RowNote(name, row.line.row_number, row.line.code, verdict, " ".join(row.messages))
            )
