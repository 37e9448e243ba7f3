"""Which rows of a ledger are no data: totals, notes below the table, headings printed again on every page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import LedgerKind, fold_heading
from xiaoyuan.intake.headings import BETWEEN, cell_text
from xiaoyuan.intake.layouts import SheetMapping
from xiaoyuan.intake.sheets import RawCell, SheetInfo

FEWEST_REPEATED: Final = 2
NUMBERED_COLUMNS: Final = 3
"""A row that counts at least so many columns (1, 2, 3 …) is part of the headings."""

_TOTAL: Final = re.compile(
    r"(?:本页|本组|全组|全村|本村|全镇)?(?:合|小|总|累|共)\s*计(?:[:：(（\d].*)?|总\s*数"
    r"|(?:总|共)\s*\d+\s*[户人].*",
    re.DOTALL,
)
_COUNT: Final = re.compile(r"-?\d+(?:\.\d+)?\s*(?:户|人|亩|元|万元|平方米)?")
_NOTE: Final = re.compile(
    r"(?:填表|制表|填报|审核|复核|经办|统计|校对|负责|联系|录入|单位负责|村(?:支书|主任)|分管领导)(?:人|员|者|单位|日期|时间|说明)?(?:签字|签名|\(签字\)|（签字）|\(盖章\)|（盖章）)?\s*[:：].*"
    r"|(?:备\s*注|说\s*明|附\s*注|注\s*释|注\s*意|注|填表说明|填写说明)\s*[:：].*"
    r"|第\s*\d+\s*页.*|[-—]\s*\d+\s*[-—]",
    re.DOTALL,
)
_SAMPLE: Final = frozenset({"示例", "样例", "填写示例", "例", "例:", "例：", "示例:", "示例："})
_MARKS: Final = frozenset(
    {"必填", "选填", "必填项", "选填项", "非必填", "(必填)", "(选填)", "（必填）", "（选填）"}
)


class LineReader:
    """Tells the rows of one sheet that are no data, with the reason."""

    def __init__(self, sheet: SheetInfo, mapping: SheetMapping, kind: LedgerKind) -> None:
        self._first_data = mapping.last_heading_row + 1
        self._above: set[str] = set()
        self._headings = {
            meaning.position: {
                fold_heading(part) for part in (meaning.heading, *meaning.heading.split(BETWEEN))
            }
            for meaning in mapping.columns
        }
        self._starts = {part for parts in self._headings.values() for part in parts}
        keys = {meaning.key for meaning in mapping.columns}
        self._filled = [column.key for column in kind.columns if column.is_filled and column.key in keys]
        self._needed = [
            meaning.position
            for meaning in mapping.columns
            for column in kind.columns
            if column.key == meaning.key and (column.is_filled or column.is_required)
        ]
        wide = max(2, len(mapping.columns) // 2)
        self._wide = {
            span.first_row
            for span in sheet.spans
            if span.last_column - span.first_column + 1 >= wide and span.first_row > mapping.last_heading_row
        }
        self._is_below_note = False

    def note_above(self, cells: Sequence[RawCell]) -> None:
        """Remember a row above the data: printed pages repeat it."""
        self._above.update(text for cell in cells if len(text := cell_text(cell)) > 1)

    def reason(self, index: int, first: RawCell, cells: Sequence[RawCell]) -> str:
        """Return why a row is no data, or "" when it is (or seems to be); `first` is its first filled cell."""
        if index == self._first_data and self._is_numbering(cells):
            return _("These are the numbers of the columns.")
        if not isinstance(first, str):
            return ""
        text = cell_text(first)
        if text in self._above and self._is_printed_again(cells):
            return _("These are the headings printed again.")
        if text in _SAMPLE:
            return _("This is an example of how to fill in the table.")
        if text in _MARKS and all(cell_text(cell) in _MARKS | {""} for cell in cells):
            return _("This row only says which columns must be filled.")
        if _TOTAL.fullmatch(text) or _NOTE.fullmatch(text):
            gaps = sum(not cell_text(cells[at]) for at in self._needed)
            return self._reason(cells, gaps, len(self._needed))
        if (index in self._wide or self._is_below_note) and self._is_alone(cells):
            return _("This is text written across the table.")
        return ""

    def reason_of_gaps(self, values: Mapping[str, Any], cells: Sequence[RawCell]) -> str:
        """Return why a row that lacks half of what a row must have is no data, or ""."""
        gaps = sum(values.get(key) is None for key in self._filled)
        return self._reason(cells, gaps, len(self._filled))

    def _reason(self, cells: Sequence[RawCell], gaps: int, of: int) -> str:
        """Judge a row that lacks `gaps` of the `of` cells that a row must have."""
        texts = [text for cell in cells if (text := cell_text(cell))]
        if not texts:
            return ""  # nothing but formulas without a value
        is_half_empty = gaps > 0 and gaps * 2 >= of
        if gaps and _TOTAL.fullmatch(texts[0]) and all(_COUNT.fullmatch(text) for text in texts[1:]):
            return _("This is a total.")
        if is_half_empty and any(_TOTAL.fullmatch(text) for text in texts[:3]):
            return _("This is a total.")
        is_note = _NOTE.fullmatch(texts[0]) is not None
        if (is_half_empty and is_note) or (gaps and all(_NOTE.fullmatch(text) for text in texts)):
            self._is_below_note = True
            return _("This is a note below the table.")
        return ""

    def _is_printed_again(self, cells: Sequence[RawCell]) -> bool:
        texts = [(at, text) for at, cell in enumerate(cells) if (text := cell_text(cell))]
        repeated = sum(
            text in self._above or fold_heading(text) in self._headings.get(at, ()) for at, text in texts
        )
        return repeated == len(texts) or repeated >= max(FEWEST_REPEATED, len(texts) * 0.8)

    def _is_numbering(self, cells: Sequence[RawCell]) -> bool:
        texts = [text for cell in cells if (text := cell_text(cell).strip("()（）"))]
        numbers = [int(text) for text in texts if text.isascii() and text.isdigit()]
        rest = [text for text in texts if not (text.isascii() and text.isdigit())]
        return (
            len(numbers) >= NUMBERED_COLUMNS
            and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            and all(text in "甲乙丙丁戊" for text in rest)
            and numbers[0] <= 1
        )

    def _is_alone(self, cells: Sequence[RawCell]) -> bool:
        return sum(bool(cell_text(cell)) for cell in cells) == 1
