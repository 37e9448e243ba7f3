"""What a domain declares of a ledger: its columns with the headings people use, and who judges and applies rows."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.utils.functional import Promise

from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.cells import Reader
from xiaoyuan.intake.models import Verdict

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


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row with its verdict and, once staged, the id that provenance points at."""

    row: Row
    verdict: RowVerdict
    staged_id: int | None


Judge = Callable[[Sequence[Row], ImportContext], Sequence[RowVerdict]]
"""Compare rows with the register, reading only. Returns one verdict a row, in order."""
Apply = Callable[[Sequence[JudgedRow], ImportContext], Sequence[RowLink]]
"""Write rows inside the caller's transaction. Returns which register row each staged row became."""


@dataclass(frozen=True)
class LedgerKind:
    """A kind of ledger: what the engine needs to know of it.

    `lock` is called first in the transaction, so that nothing changes between judging and applying.
    """

    key: str
    label: str | Promise
    columns: tuple[Column, ...]
    judge: Judge
    apply: Apply
    lock: Callable[[ImportContext], None]
    is_personal: bool = False

    @property
    def required(self) -> frozenset[str]:
        """Keys of the columns that a sheet must have."""
        return frozenset(column.key for column in self.columns if column.is_required)

    def by_heading(self) -> Mapping[str, Column]:
        """Return the columns by folded heading."""
        return {heading: column for column in self.columns for heading in column.headings}
