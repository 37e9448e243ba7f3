"""The file that came in, given back with a verdict beside each row, for the clerk who has to correct it.

A workbook of ordinary size keeps its look. A larger one, and every file that is no .xlsx, comes back as a new workbook
with the same cells, written row by row: memory stays bounded.
"""

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import openpyxl
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from xiaoyuan.intake.cells import is_blank
from xiaoyuan.intake.headings import cell_text
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.layouts import FileMapping, SheetMapping, from_json
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pages import chunks_of, sheets_of
from xiaoyuan.intake.sheets import LostValue, RawCell, SheetInfo

CELLS_WITH_LOOK: Final = 150_000
"""Workbooks of up to so many cells are opened whole and keep their look: about 600 bytes of memory a cell."""
LONGEST_TITLE: Final = 31
LONGEST_TEXT: Final = 32_000
"""A little less than a cell may hold."""
MOST_COMMENTS: Final = 2000
"""Comments of a file: programs become slow with more, and the sentence stands beside the row anyway."""

_FILLS: Final[Mapping[str, str]] = {
    Verdict.NEW: "C6EFCE",
    Verdict.CHANGED: "FFEB9C",
    Verdict.AMBIGUOUS: "F8CBAD",
    Verdict.ERROR: "FFC7CE",
    Verdict.ABSENT: "DDEBF7",
    Verdict.SKIPPED: "D9D9D9",
}
_FAULT: Final = PatternFill("solid", fgColor="FF9999")
_NOT_IN_TITLES: Final = re.compile(r"[\\*?:/\[\]]")
_BOLD: Final = Font(bold=True)
_WIDTHS: Final = (14, 60)
_COMPARED: Final = frozenset(
    {
        BatchStatus.STAGED,
        BatchStatus.APPLYING,
        BatchStatus.APPLIED,
        BatchStatus.ROLLING_BACK,
        BatchStatus.ROLLED_BACK,
    }
)

Names = Callable[[Sequence[tuple[str, int]]], Mapping[tuple[str, int], str]]
"""Given kinds and ids of records: how a person knows them without naming anybody (the household's number)."""


def _unnamed(records: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
    return {}


@dataclass(frozen=True)
class _Line:
    """What stands beside a row, and which of its cells are at fault (sentence by position)."""

    verdict: str
    label: str
    text: str
    faults: Mapping[int, str]


def write_report(batch: ImportBatch, source: Path, target: Path, *, names: Names = _unnamed) -> None:
    """Write the workbook of a batch with its verdicts to `target` (.xlsx). `source` is the file as it came in.

    The report holds what the file held: the caller answers for who gets it. `names` says how absent records are shown;
    without it by their ids.
    """
    mapping = from_json(batch.mapping)
    sheets = sheets_of(batch)
    size = sum(sheet.row_count * sheet.column_count for sheet in sheets)
    book = _opened(source) if size <= CELLS_WITH_LOOK else None
    if book is not None:
        for sheet in mapping.sheets:
            _annotate(book[sheet.sheet], batch, sheet)
    else:
        book = openpyxl.Workbook(write_only=True)
        for info in sheets:
            _copy(
                book,
                batch,
                info,
                next((one for one in mapping.sheets if one.sheet_index == info.index), None),
            )
    _summarise(book, batch, mapping, names)
    book.save(target)


def _opened(source: Path) -> Any:
    """Open a workbook to write into it; None when it is another format, or one that cannot be kept as it is."""
    if not zipfile.is_zipfile(source):
        return None
    with source.open("rb") as content:
        try:
            return openpyxl.load_workbook(content)
        except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile):
            return None


# The verdict of each row


def _lines(batch: ImportBatch, sheet: SheetMapping) -> Iterator[tuple[int, _Line]]:
    """Yield number and line of every staged row of a sheet in order."""
    columns = {column.key: column.label for column in ledger_kind(batch.kind).columns}
    positions = {column.heading: column.position for column in sheet.columns}
    positions |= {columns[column.key]: column.position for column in sheet.columns if column.key in columns}
    staged = StagedRow.objects.filter(batch=batch, sheet=sheet.sheet[:80]).order_by("row_number")
    for number, verdict, decision, messages in staged.values_list(
        "row_number", "verdict", "decision", "messages"
    ).iterator(chunk_size=1000):
        yield number, _line(verdict, decision, messages, positions)


def _line(verdict: str, decision: str, messages: Sequence[Any], positions: Mapping[str, int]) -> _Line:
    label = str(Verdict(verdict).label)
    if decision:
        label = f"{label}: {Decision(decision).label}"
    sentences: list[str] = []
    faults: dict[int, str] = {}
    for message in messages:
        column, text = (
            ("", str(message)) if isinstance(message, str) else (message.get("column", ""), message["text"])
        )
        sentences.append(f"{column}: {text}" if column else text)
        if column in positions:
            faults[positions[column]] = "\n".join(filter(None, (faults.get(positions[column]), text)))
    return _Line(verdict, label, "\n".join(sentences), faults)


def _rows(
    batch: ImportBatch, info_index: int, sheet: SheetMapping | None
) -> Iterator[tuple[int, Sequence[RawCell], _Line | None]]:
    """Yield number, cells and line of every row of a sheet; no line above the headings and beside empty rows."""
    lines = _lines(batch, sheet) if sheet is not None else iter(())
    ahead = next(lines, None)
    is_compared = batch.status in _COMPARED
    same, waiting = (str(Verdict.SAME.label), _("not compared"))
    for chunk in chunks_of(batch, info_index):
        for number, cells in enumerate(chunk.rows, start=chunk.first_row + 1):
            while ahead is not None and ahead[0] < number:
                ahead = next(lines, None)
            line: _Line | None = None
            if ahead is not None and ahead[0] == number:
                line = ahead[1]
            elif sheet is not None and number > sheet.last_heading_row + 1 and not all(map(_is_empty, cells)):
                line = _Line(Verdict.SAME, same if is_compared else waiting, "", {})
            yield number, cells, line


def _is_empty(cell: RawCell) -> bool:
    return not isinstance(cell, LostValue) and is_blank(cell)


# A workbook that keeps its look


def _annotate(page: Any, batch: ImportBatch, sheet: SheetMapping) -> None:
    beside = max(page.max_column, max(column.position for column in sheet.columns) + 1) + 1
    for at, (heading, width) in enumerate(zip(_headings(), _WIDTHS, strict=True)):
        _put(page.cell(sheet.last_heading_row + 1, beside + at), heading, font=_BOLD)
        page.column_dimensions[get_column_letter(beside + at)].width = width
    comments = 0
    for number, _cells, line in _rows(batch, sheet.sheet_index, sheet):
        if line is None:
            continue
        _put(page.cell(number, beside), line.label, fill=_fill(line.verdict))
        if line.text:
            _put(page.cell(number, beside + 1), line.text)
        for position, text in line.faults.items():
            cell = page.cell(number, position + 1)
            if isinstance(cell, MergedCell):
                continue  # only the first cell of a merged range has a look of its own
            cell.fill = _FAULT
            if comments < MOST_COMMENTS and cell.comment is None:
                cell.comment = _comment(text)
                comments += 1


def _headings() -> tuple[str, str]:
    return _("Result of the import"), _("What to look at")


def _put(cell: Any, text: str, *, fill: PatternFill | None = None, font: Font | None = None) -> None:
    """Write a text that no program takes for a formula."""
    cell.value = _plain(text)
    cell.data_type = "s"
    if fill is not None:
        cell.fill = fill
    if font is not None:
        cell.font = font


def _plain(text: str) -> str:
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))[:LONGEST_TEXT]


def _fill(verdict: str) -> PatternFill | None:
    colour = _FILLS.get(verdict)
    return PatternFill("solid", fgColor=colour) if colour else None


def _comment(text: str) -> Comment:
    return Comment(_plain(text), _("import"), width=320, height=90)


# A new workbook with the same cells


def _copy(book: Any, batch: ImportBatch, info: SheetInfo, sheet: SheetMapping | None) -> None:
    page = book.create_sheet(_NOT_IN_TITLES.sub("_", info.name)[:LONGEST_TITLE] or None)
    if info.is_hidden:
        page.sheet_state = "hidden"
    if sheet is not None:
        for at, width in enumerate(_WIDTHS):
            page.column_dimensions[get_column_letter(info.column_count + 1 + at)].width = width
    fills = {verdict: _fill(verdict) for verdict in Verdict.values}
    comments = 0
    for number, cells, line in _rows(batch, info.index, sheet):
        row: list[Any] = [_copied(page, cell) for cell in cells]
        row += [None] * (info.column_count - len(row))
        if sheet is not None and number == sheet.last_heading_row + 1:
            row += [_added(page, heading, font=_BOLD) for heading in _headings()]
        elif line is not None:
            row += [_added(page, line.label, fill=fills[line.verdict]), _added(page, line.text)]
            for position, text in line.faults.items():
                cell = row[position] = _marked(page, row[position])
                if comments < MOST_COMMENTS:
                    cell.comment = _comment(text)
                    comments += 1
        page.append(row)


def _copied(page: Any, cell: RawCell) -> Any:
    if isinstance(cell, LostValue):
        return _added(page, cell.sign)
    if isinstance(cell, str):
        return _added(page, cell) if cell[:1] in "=+-@" and cell else _plain(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return _added(page, cell_text(cell))
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 2**53:
        return _added(page, cell_text(cell))
    return cell


def _added(page: Any, text: str, *, fill: PatternFill | None = None, font: Font | None = None) -> Any:
    cell = WriteOnlyCell(page)
    _put(cell, text, fill=fill, font=font)
    return cell


def _marked(page: Any, value: Any) -> Any:
    cell = value if hasattr(value, "data_type") else WriteOnlyCell(page, value)
    cell.fill = _FAULT
    return cell


# What came of it


def _summarise(book: Any, batch: ImportBatch, mapping: FileMapping, names: Names) -> None:
    """Add the sheet that counts the verdicts and lists what the file does not name."""
    title = _headings()[0]
    taken = set(book.sheetnames)
    free = (name for name in (title, *(f"{title} {at}" for at in range(2, 1000))) if name not in taken)
    page = book.create_sheet(next(free))

    def add(*texts: str, font: Font | None = None) -> None:
        page.append([_added(page, text, font=font) for text in texts])

    add(title, font=_BOLD)
    add(_("File"), batch.file_name)
    add(_("Imported by"), batch.actor_label)
    add(_("Date"), timezone.localtime(batch.created_at).strftime("%Y-%m-%d %H:%M"))
    add(_("Step"), str(BatchStatus(batch.status).label))
    add()
    add(_("Verdict"), _("Rows"), font=_BOLD)
    for verdict in Verdict:
        if verdict in batch.counts:
            add(str(verdict.label), str(batch.counts[verdict]))
    for sheet, reason in mapping.left_out.items():
        add(_("Sheet “%(sheet)s” was left out") % {"sheet": sheet}, reason)
    absent = StagedRow.objects.filter(batch=batch, verdict=Verdict.ABSENT).order_by("row_number")
    if not absent.exists():
        return
    add()
    add(_("In the register but not in the file"), font=_BOLD)
    for records in _portions(
        absent.values_list("object_kind", "object_id", "decision").iterator(chunk_size=500)
    ):
        known = names([(kind, record_id) for kind, record_id, _decision in records])
        for kind, record_id, decision in records:
            shown = known.get((kind, record_id)) or _("record %(id)s") % {"id": record_id}
            add(shown, str(Decision(decision).label))


def _portions(rows: Iterator[tuple[str, int | None, str]]) -> Iterator[list[tuple[str, int, str]]]:
    portion: list[tuple[str, int, str]] = []
    for row in rows:
        portion.append((row[0], row[1] or 0, row[2]))
        if len(portion) == 500:
            yield portion
            portion = []
    if portion:
        yield portion
