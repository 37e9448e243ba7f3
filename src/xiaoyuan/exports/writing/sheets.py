"""A layout's sheet taken apart: what stands above the records, the rows prepared for them, what follows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final
from xml.dom import minidom
from xml.etree.ElementTree import ParseError

from openpyxl.formula.translate import Translator
from openpyxl.reader.strings import read_string_table
from openpyxl.utils import column_index_from_string, get_column_letter

from xiaoyuan.exports.errors import RowTaken, TemplateDamaged
from xiaoyuan.exports.writing.packages import Package, parsed, relations_of, target_of, unescaped

_AFTER_RECORDS: Final = re.compile(
    r"\s*(合\s*计|总\s*计|小\s*计|共\s*计|注|备注|说明|填表|填报|制表|审核|负责人|经办|单位\s*[(（]?盖章|日期)"
)
_ATTRIBUTE: Final = re.compile(r'([\w:]+)\s*=\s*"([^"]*)"|([\w:]+)\s*=\s*\'([^\']*)\'')
_ACROSS_ROWS: Final = re.compile(r"\$?[A-Z]{1,3}\$?(\d+):\$?[A-Z]{1,3}\$?(\d+)")


@dataclass(slots=True)
class LayoutCell:
    """A cell as the layout has it. `inner` is its markup, `formula` without "=", `text` what a person reads."""

    column: int
    letters: str
    style: int
    kind: str = ""
    inner: str = ""
    formula: str = ""
    text: str = ""

    @property
    def is_text(self) -> bool:
        """Whether words stand in the cell."""
        return bool(self.text.strip()) and not self.formula


@dataclass(slots=True)
class LayoutRow:
    """A row with its attributes except the number."""

    number: int
    attributes: dict[str, str] = field(default_factory=dict)
    cells: list[LayoutCell] = field(default_factory=list)

    def cell(self, column: int) -> LayoutCell | None:
        """Return the cell of a column, if the layout has one."""
        return next((one for one in self.cells if one.column == column), None)


@dataclass
class LayoutSheet:
    """The parts of a sheet. `frame` is its document without rows; records go in from row `first` on.

    Rows `first` to `before - 1` are prepared for records; from `before` on totals and notes follow (`follows`).
    """

    prefix: str
    frame: minidom.Document
    above: list[LayoutRow]
    prepared: dict[int, LayoutRow]
    follows: list[LayoutRow]
    first: int
    before: int

    @property
    def capacity(self) -> int:
        """How many records fit without putting rows in."""
        return self.before - self.first


def read_rows(package: Package, part: str) -> tuple[str, minidom.Document, list[LayoutRow]]:
    """Return the prefix of a sheet's markup, its document without rows, and its rows."""
    text = package.text(part)
    if "<![CDATA[" in text or "<!--" in text or "<!DOCTYPE" in text:
        raise TemplateDamaged
    opening = re.search(r"<((?:\w+:)?)sheetData\s*(?:/>|>)", text)
    if opening is None:
        raise TemplateDamaged
    prefix = opening[1]
    if opening[0].endswith("/>"):
        inside, end = "", opening.end()
    else:
        closing = text.rfind(f"</{prefix}sheetData>")
        if closing < 0:
            raise TemplateDamaged
        inside, end = text[opening.end() : closing], closing + len(f"</{prefix}sheetData>")
    frame = parsed(f"{text[: opening.start()]}<{prefix}sheetData/>{text[end:]}")
    try:
        rows = _rows(inside, prefix, _strings(package))
    except (ValueError, ParseError):  # numbers and places that are none
        raise TemplateDamaged from None
    return prefix, frame, rows


def take_apart(package: Package, part: str, first: int) -> LayoutSheet:
    """Take a sheet apart around the records' first row; raises `RowTaken`, `TemplateDamaged`."""
    prefix, frame, rows = read_rows(package, part)
    if first < 1 or first > 10_000:
        raise RowTaken(first)
    _write_out_shared_formulas(rows)
    before = _first_after(rows, first)
    return LayoutSheet(
        prefix=prefix,
        frame=frame,
        above=[row for row in rows if row.number < first],
        prepared={row.number: row for row in rows if first <= row.number < before},
        follows=[row for row in rows if row.number >= before],
        first=first,
        before=before,
    )


def _first_after(rows: Sequence[LayoutRow], first: int) -> int:
    """Return the first row that is no prepared one: words or sums stand in it."""
    for row in rows:
        if row.number == first and any(_AFTER_RECORDS.match(cell.text) for cell in row.cells[:3]):
            return first
        if row.number > first and any(cell.is_text or _sums(cell.formula) for cell in row.cells):
            return row.number
    return max([first, *(row.number for row in rows if row.cells)]) + 1


def _sums(formula: str) -> bool:
    return any(found[1] != found[2] for found in _ACROSS_ROWS.finditer(formula))


def _strings(package: Package) -> list[str]:
    relations = package.document(relations_of(package.workbook_part)).getElementsByTagName("*")
    for one in relations:
        if one.getAttribute("Type").endswith("/sharedStrings"):
            part = target_of(package.workbook_part, one.getAttribute("Target"))
            content = package.text(part)
            parsed(content)  # refuses declarations
            return [str(text) for text in read_string_table(BytesIO(content.encode()))]
    return []


def attributes_of(markup: str) -> dict[str, str]:
    """Return the attributes in a start tag."""
    return {
        found[1] or found[3]: unescaped(found[2] or found[4] or "") for found in _ATTRIBUTE.finditer(markup)
    }


def _rows(inside: str, prefix: str, strings: Sequence[str]) -> list[LayoutRow]:
    row_markup = re.compile(rf"<{prefix}row\b([^>]*?)(?:/>|>(.*?)</{prefix}row>)", re.DOTALL)
    cell_markup = re.compile(rf"<{prefix}c\b([^>]*?)(?:/>|>(.*?)</{prefix}c>)", re.DOTALL)
    rows: list[LayoutRow] = []
    number = 0
    for found in row_markup.finditer(inside):
        attributes = attributes_of(found[1])
        number = int(attributes.pop("r", number + 1))
        attributes.pop("spans", None)
        row = LayoutRow(number, attributes)
        column = 0
        for one in cell_markup.finditer(found[2] or ""):
            cell = _cell(attributes_of(one[1]), one[2] or "", prefix, strings, column + 1)
            column = cell.column
            row.cells.append(cell)
        rows.append(row)
    return rows


def _cell(
    attributes: dict[str, str], inner: str, prefix: str, strings: Sequence[str], column: int
) -> LayoutCell:
    reference = re.match(r"[A-Z]+", attributes.get("r", ""))
    letters = reference[0] if reference else get_column_letter(column)
    kind = attributes.get("t", "")
    formula = re.search(rf"<{prefix}f\b([^>]*?)(?:/>|>(.*?)</{prefix}f>)", inner, re.DOTALL)
    value = re.search(rf"<{prefix}v\b[^>]*>(.*?)</{prefix}v>", inner, re.DOTALL)
    text = unescaped(value[1]) if value else ""
    if kind == "s" and text.isdigit() and int(text) < len(strings):
        text = strings[int(text)]
    elif kind == "inlineStr":
        text = unescaped("".join(re.findall(rf"<{prefix}t\b[^>]*>(.*?)</{prefix}t>", inner, re.DOTALL)))
    elif kind not in ("str",):
        text = ""
    cell = LayoutCell(
        column_index_from_string(letters), letters, int(attributes.get("s", 0) or 0), kind, inner, "", text
    )
    if formula is not None:
        cell.formula = unescaped(formula[2] or "")
        shared = attributes_of(formula[1])
        if shared.get("t") == "shared":
            cell.kind = f"shared {shared.get('si', '')}"
        elif shared.get("t") in ("array", "dataTable"):
            cell.kind = "fixed"
    return cell


def _write_out_shared_formulas(rows: Sequence[LayoutRow]) -> None:
    """Give each cell its own formula: rows move apart, and a formula shared over them would not follow."""
    masters: dict[str, tuple[str, str]] = {}
    for row in rows:
        for cell in row.cells:
            if not cell.kind.startswith("shared"):
                continue
            place = f"{cell.letters}{row.number}"
            if cell.formula:
                masters[cell.kind] = (place, cell.formula)
            elif cell.kind in masters:
                origin, formula = masters[cell.kind]
                cell.formula = str(Translator(f"={formula}", origin=origin).translate_formula(place))[1:]
