"""Cell styles of a layout and the two variations that values need: text for digits, a quote before what looks like a
formula."""

import re
from typing import Final
from xml.dom import minidom

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from xiaoyuan.exports.writing.packages import Package, children, relations_of, target_of

_TEXT_FORMAT: Final = "49"


class Styles:
    """The cell formats of a workbook by their number; new ones are appended."""

    def __init__(self, package: Package) -> None:
        self.part = next(
            (
                target_of(package.workbook_part, one.getAttribute("Target"))
                for one in package.document(relations_of(package.workbook_part)).getElementsByTagName("*")
                if one.getAttribute("Type").endswith("/styles")
            ),
            "",
        )
        self.document: minidom.Document | None = package.document(self.part) if self.part else None
        self._formats = children(self.document, "cellXfs", "xf") if self.document else []
        self._codes = {
            one.getAttribute("numFmtId"): one.getAttribute("formatCode")
            for one in (children(self.document, "numFmts", "numFmt") if self.document else [])
        }
        self._made: dict[tuple[int, bool, bool], int] = {}
        self._dates: dict[int, bool] = {}

    def is_date(self, number: int) -> bool:
        """Whether a cell of this style shows its number as a day."""
        if number not in self._dates:
            self._dates[number] = is_date_format(self._code(number))
        return self._dates[number]

    def is_text(self, number: int) -> bool:
        """Whether a cell of this style keeps digits as text."""
        return number < len(self._formats) and self._formats[number].getAttribute("numFmtId") == _TEXT_FORMAT

    def _code(self, number: int) -> str:
        if number >= len(self._formats):
            return "General"
        identifier = self._formats[number].getAttribute("numFmtId") or "0"
        return self._codes.get(identifier) or BUILTIN_FORMATS.get(int(identifier), "General")

    def varied(self, number: int, *, is_text: bool = False, is_quoted: bool = False) -> int:
        """Return the style with the same looks whose cells are text, or are quoted."""
        is_text = is_text and not self.is_text(number)
        if self.document is None or number >= len(self._formats) or not (is_text or is_quoted):
            return number
        wanted = (number, is_text, is_quoted)
        if wanted not in self._made:
            base = self._formats[number]
            copy = base.cloneNode(deep=True)
            assert copy is not None
            if is_text:
                copy.setAttribute("numFmtId", _TEXT_FORMAT)
                copy.setAttribute("applyNumberFormat", "1")
            if is_quoted:
                copy.setAttribute("quotePrefix", "1")
            parent = base.parentNode
            assert isinstance(parent, minidom.Element)
            parent.appendChild(copy)
            self._formats.append(copy)
            parent.setAttribute("count", str(len(self._formats)))
            self._made[wanted] = len(self._formats) - 1
        return self._made[wanted]


def column_styles(columns: list[minidom.Element]) -> dict[int, int]:
    """Return the style of each column that has one, by the column's number from 1."""
    found = {}
    for one in columns:
        if not re.fullmatch(r"\d+", one.getAttribute("style")):
            continue
        first, last = int(one.getAttribute("min") or 1), int(one.getAttribute("max") or 1)
        for column in range(first, min(last, first + 16_384) + 1):
            found[column] = int(one.getAttribute("style"))
    return found
