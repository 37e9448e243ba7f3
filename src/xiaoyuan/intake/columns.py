"""What a domain declares of a ledger: its columns with the headings people use, and who judges and applies rows."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Model
from django.utils.functional import Promise

from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.recording import Recorder
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.cells import Reader
from xiaoyuan.intake.models import Decision, Verdict

_DECORATION: Final = re.compile(r"[\s*★:]|\((必填|选填|必填项|选填项)\)")


def fold_heading(text: str) -> str:
    """Return a heading in the form in which headings are compared: `＊经营面积（亩）` -> `经营面积(亩)`."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text).lower())


@dataclass(frozen=True)
class Column:
    """One column: `label` is its usual heading, `aliases` other headings with the same meaning and unit.

    `is_required`: a sheet without the column is refused. `is_filled`: an empty cell is an error of its row.
    `is_personal`: the values identify somebody, so that no report quotes them.
    """

    key: str
    label: str
    read: Reader
    aliases: tuple[str, ...] = ()
    is_required: bool = False
    is_filled: bool = False
    is_personal: bool = False
    is_merged_down: bool = False
    """Ledgers merge this cell down over the rows it holds for (household number, group, address)."""
    looks_like: Callable[[str], bool] | None = None
    """Whether a text could be a value of this column: to recognise it by content when its heading says nothing."""
    begins_anew: Callable[[Mapping[str, Any]], bool] | None = None
    """Of a column merged down: whether a row with these values begins another group, so that its empty cell is not
    the one above (the head begins a household). None: empty cells are filled only where the file merged them."""

    @property
    def headings(self) -> frozenset[str]:
        """The folded headings that name this column."""
        return frozenset(fold_heading(text) for text in (self.label, *self.aliases))


@dataclass(frozen=True)
class ImportContext:
    """For whom and into what an import runs; `now` is the one moment of all its writes."""

    county_id: int
    division_code: str
    is_sample: bool
    actor: Actor
    now: datetime
    today: date
    doubles: Mapping[str, tuple["RowPlace", ...]] = field(default_factory=dict)
    """Where each identity stands that occurs more than once in the file (`LedgerKind.identity`), over all blocks."""
    recorder: Recorder | None = None
    """What gathers the images of replaced rows while applying; None while judging."""


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row stands: name of the sheet and number of the row as the workbook shows it."""

    sheet: str
    number: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided of a row: which choice, and which record when it names one."""

    choice: Decision
    record_id: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person has to look at: in words, with the place in their workbook. `column` is the heading or ""."""

    sheet: str
    row_number: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose value in the file is another one. Values of vault fields stay None: they show nowhere."""

    field: str
    before: Any = None
    after: Any = None


@dataclass(slots=True)
class Row:
    """A row that was read. `values` by column key (None: empty cell; a missing column has no key); `extra` are
    unknown columns by heading, `personal_extra` those that look personal."""

    sheet: str
    number: int
    written: dict[str, str]
    values: dict[str, Any]
    extra: dict[str, str] = field(default_factory=dict)
    personal_extra: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    decided: Decided | None = None

    def problem(self, column: str, text: str) -> Problem:
        """Return a problem of this row."""
        return Problem(self.sheet, self.number, column, text)


@dataclass(slots=True)
class RowVerdict:
    """What is said of one row, and in `plan` what the domain will do with it (its own business)."""

    verdict: Verdict
    problems: list[Problem] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    plan: Any = None
    candidates: list[int] = field(default_factory=list)
    """Ids of the records that an ambiguous row may be; a person chooses one, or says that it is new."""


@dataclass(frozen=True, slots=True)
class AbsentRecord:
    """A record of the register, of the block's division, that the file does not name. Never removed by itself."""

    object_kind: str
    object_id: int


@dataclass(slots=True)
class Judgement:
    """Verdicts of one block's rows in order, and which records of the register the block does not name."""

    verdicts: Sequence[RowVerdict]
    absent: Sequence[AbsentRecord] = ()


@dataclass(frozen=True, slots=True)
class DecidedAbsence:
    """What a person decided of an absent record, with the staged row that provenance points at."""

    record: AbsentRecord
    choice: Decision
    staged_id: int


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row with its verdict and, once staged, the id that provenance points at."""

    row: Row
    verdict: RowVerdict
    staged_id: int | None


Judge = Callable[[Sequence[Row], ImportContext], Judgement]
"""Compare the rows of one block with the register, reading only. Heeds `Row.decided`."""
Apply = Callable[[Sequence[JudgedRow], Sequence[DecidedAbsence], ImportContext], Sequence[RowLink]]
"""Write the rows of one block inside the caller's transaction. Returns which register row each staged row became."""
TakeBack = Callable[[int, Actor, datetime], None]
"""Undo the revision of a batch; raises `history.errors.LaterEdits` with what depends on it."""


def _one_block(row: Row, context: ImportContext) -> str:
    return ""


def _no_identity(row: Row) -> str:
    return ""


@dataclass(frozen=True)
class LedgerKind:
    """A kind of ledger: what the engine needs to know of it.

    `lock` is called first in the transaction, so that nothing changes between judging and applying. Rows with the same
    `block` are judged and applied together (a village): memory holds one block, whatever the file's length. `identity`
    is what must not occur twice in a file, "" for none; the engine compares it over all blocks. `absent_choices` are
    the decisions offered for records that the file does not name; none: absent records are not looked for. `fills` are
    the tables that get most rows: when a county is loaded, their foreign keys are checked all at once.
    """

    key: str
    label: str | Promise
    columns: tuple[Column, ...]
    judge: Judge
    apply: Apply
    lock: Callable[[ImportContext], None]
    take_back: TakeBack
    is_personal: bool = False
    block: Callable[[Row, ImportContext], str] = _one_block
    identity: Callable[[Row], str] = _no_identity
    absent_choices: tuple[Decision, ...] = ()
    fills: tuple[type[Model], ...] = ()

    @property
    def required(self) -> frozenset[str]:
        """Keys of the columns that a sheet must have."""
        return frozenset(column.key for column in self.columns if column.is_required)

    def by_heading(self) -> Mapping[str, Column]:
        """Return the columns by folded heading."""
        return {heading: column for column in self.columns for heading in column.headings}
