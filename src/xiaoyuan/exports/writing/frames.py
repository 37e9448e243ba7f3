"""Everything of a sheet that is not its rows: merged cells, drop-downs, conditional formats, links, breaks, footer."""

from collections.abc import Sequence
from typing import Final
from xml.dom import minidom

from openpyxl.utils import get_column_letter, range_boundaries

from xiaoyuan.exports.writing.packages import insert_after, make, named
from xiaoyuan.exports.writing.references import RowShift, moved_formula, moved_range, moved_ranges
from xiaoyuan.exports.writing.sheets import LayoutSheet

_BEFORE_MERGES: Final = (
    "sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
    "dataConsolidate", "customSheetViews",
)  # fmt: skip
_BEFORE_FOOTER: Final = (
    *_BEFORE_MERGES, "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks",
    "printOptions", "pageMargins", "pageSetup",
)  # fmt: skip
_LONGEST_FOOTER: Final = 255


class Frame:
    """A sheet's document without rows, in which what refers to rows follows those that came in."""

    def __init__(self, sheet: LayoutSheet, shift: RowShift, name: str) -> None:
        self.sheet, self.shift, self.name = sheet, shift, name
        self.document = sheet.frame
        root = self.document.documentElement
        assert root is not None
        self.root: minidom.Element = root
        for dimension in named(self.document, "dimension"):
            self.root.removeChild(dimension)
        self._move()

    def _move(self) -> None:
        shift = self.shift
        for tag in ("dataValidation", "conditionalFormatting", "protectedRange", "ignoredError"):
            for one in named(self.document, tag):
                if one.hasAttribute("sqref"):
                    one.setAttribute("sqref", moved_ranges(one.getAttribute("sqref"), shift.grown))
        for tag in ("autoFilter", "sortState", "hyperlink"):
            for one in named(self.document, tag):
                one.setAttribute("ref", moved_range(one.getAttribute("ref"), shift.grown))
        # Newer drop-downs and formats stand in an extension, their ranges as text.
        for one in named(self.document, "sqref"):
            _set_text(one, moved_ranges(_text(one), shift.grown))
        for tag in ("formula1", "formula2", "formula", "f"):
            for one in named(self.document, tag):
                if text := _text(one):
                    _set_text(one, moved_formula(text, shift, sheet=self.name, is_on_sheet=True))
        for breaks in named(self.document, "rowBreaks"):
            for one in named(breaks, "brk"):
                if one.getAttribute("id").isdigit():
                    one.setAttribute("id", str(shift.row(int(one.getAttribute("id")))))

    def merge(self, count: int, runs: Sequence[tuple[str, int, int]]) -> None:
        """Place the layout's merged cells anew, repeat those of a record's row, add cells merged down."""
        kept: list[str] = []
        across: list[tuple[int, int]] = []
        first, before = self.sheet.first, self.sheet.before
        for one in named(self.document, "mergeCell"):
            left, top, right, bottom = range_boundaries(one.getAttribute("ref"))
            assert left
            assert top
            assert right
            assert bottom
            if first <= top and bottom < before:
                if top == bottom == first:
                    across.append((left, right))
                continue
            kept.append(moved_range(one.getAttribute("ref"), self._placed))
        for parent in named(self.document, "mergeCells"):
            self.root.removeChild(parent)
        for number in range(first, first + max(count, self.sheet.capacity)):
            kept += [f"{get_column_letter(a)}{number}:{get_column_letter(b)}{number}" for a, b in across]
        kept += [f"{letters}{start}:{letters}{end}" for letters, start, end in runs]
        if kept:
            insert_after(self.root, self._merge_element(kept), _BEFORE_MERGES)

    def _placed(self, start: int, end: int) -> tuple[int, int]:
        return self.shift.row(start), self.shift.row(end)

    def _merge_element(self, ranges: Sequence[str]) -> minidom.Element:
        element = make(self.root, "mergeCells", count=str(len(ranges)))
        for one in ranges:
            element.appendChild(make(self.root, "mergeCell", ref=one))
        return element

    def mark(self, line: str) -> None:
        """Put a line into the footer of printed pages, or into the header when the footer is the layout's own."""
        found = named(self.document, "headerFooter")
        parent = found[0] if found else make(self.root, "headerFooter")
        if not found:
            insert_after(self.root, parent, _BEFORE_FOOTER)
        code = "&8" + line.replace("&", "&&")
        for tag in ("oddFooter", "oddHeader"):
            own = named(parent, tag)
            if own and _text(own[0]):
                continue
            for one in own:
                parent.removeChild(one)
            element = make(self.root, tag, f"&L{code}"[:_LONGEST_FOOTER])
            # Header before footer, and both before those of other pages.
            anchor = next(iter(named(parent, "oddFooter")), None) if tag == "oddHeader" else None
            later = anchor or next(
                (
                    one
                    for one in parent.childNodes
                    if getattr(one, "localName", "") not in (None, "oddHeader")
                ),
                None,
            )
            parent.insertBefore(element, later)
            return

    def halves(self) -> tuple[str, str]:
        """Return the markup before and after the rows."""
        text = self.document.toxml(encoding="UTF-8", standalone=True).decode()
        head, _mark, tail = text.partition(f"<{self.sheet.prefix}sheetData/>")
        return head, tail


def _text(element: minidom.Element) -> str:
    return "".join(node.data for node in element.childNodes if isinstance(node, minidom.Text))


def _set_text(element: minidom.Element, text: str) -> None:
    document = element.ownerDocument
    assert document is not None
    for node in list(element.childNodes):
        element.removeChild(node)
    element.appendChild(document.createTextNode(text))
