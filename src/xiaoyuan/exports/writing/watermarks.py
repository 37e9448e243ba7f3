"""The mark that every file carries: who asked for it, when, what for, under which number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.dom import minidom

from django.utils.translation import gettext as _

from xiaoyuan.exports.writing.packages import (
    CONTENT_TYPES,
    MAIN,
    OFFICE,
    PACKAGE,
    Package,
    escaped,
    make,
    named,
    parsed,
    relations_of,
)

NOTE_SHEET: Final = "导出说明"
_NOTE_PART: Final = "xl/worksheets/xiaoyuan_note.xml"
_WORKSHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_CORE: Final = "docProps/core.xml"
_CORE_TYPE: Final = "application/vnd.openxmlformats-package.core-properties+xml"
_CORE_RELATION: Final = (
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
)
_DC: Final = "http://purl.org/dc/elements/1.1/"
_NEW_CORE: Final = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    f'xmlns:dc="{_DC}"/>'
)


@dataclass(frozen=True)
class Mark:
    """What a file says of itself: one line for footers, and rows of label and text for a sheet of its own."""

    line: str
    rows: Sequence[tuple[str, str]]

    @property
    def text(self) -> str:
        """All of it, for a file beside a table."""
        return "\n".join(f"{label}: {text}" for label, text in self.rows) + "\n"


def make_mark(
    *, number: int, who: str, when: str, purpose: str, place: str, is_masked: bool, is_sample: bool
) -> Mark:
    """Return the mark of one export."""
    rows = [
        (_("Export number"), f"#{number}"),
        (_("Asked for by"), who),
        (_("Made on"), when),
        (_("Purpose"), purpose or _("not stated")),
        (_("Division"), place),
        (_("Personal values"), _("masked") if is_masked else _("in the clear: keep this file safe")),
    ]
    if is_sample:
        rows.append((_("Origin"), _("invented sample data")))
    line = " · ".join((f"#{number}", who, when, purpose or _("not stated")))
    return Mark(line, rows)


def mark_workbook(package: Package, mark: Mark) -> None:
    """Add the sheet that says where the file came from, and the same line to the document's properties."""
    _add_sheet(package, mark)
    _describe(package, mark.line)


def _add_sheet(package: Package, mark: Mark) -> None:
    workbook = package.document(package.workbook_part)
    listing = relations_of(package.workbook_part)
    relations = package.document(listing)
    identifiers = {one.getAttribute("Id") for one in named(relations, "Relationship")}
    identifier = next(one for number in range(1, 100_000) if (one := f"rIdNote{number}") not in identifiers)
    sheets = named(workbook, "sheets")[0]
    number = 1 + max(int(one.getAttribute("sheetId") or 0) for one in named(sheets, "sheet"))
    name = NOTE_SHEET
    while name in package.sheets:
        name += "_"
    prefix = next(
        (
            key.removeprefix("xmlns:")
            for key, value in (
                workbook.documentElement.attributes.items() if workbook.documentElement else ()
            )
            if value == OFFICE and key.startswith("xmlns:")
        ),
        "",
    )
    element = make(sheets, "sheet", name=name, sheetId=str(number))
    if not prefix:
        prefix = "r"
        element.setAttribute("xmlns:r", OFFICE)
    element.setAttribute(f"{prefix}:id", identifier)
    sheets.appendChild(element)
    package.replace(package.workbook_part, workbook)
    _relate(relations, identifier, f"{OFFICE}/worksheet", f"/{_NOTE_PART}")
    package.replace(listing, relations)
    _declare(package, _NOTE_PART, _WORKSHEET_TYPE)
    package.replaced[_NOTE_PART] = _note(mark.rows)


def _note(rows: Sequence[tuple[str, str]]) -> bytes:
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{letter}{number}" t="inlineStr"><is><t xml:space="preserve">{escaped(text)}</t></is></c>'
            for letter, text in zip("AB", row, strict=True)
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    columns = enumerate((18, 60), start=1)
    sizes = (f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in columns)
    widths = f"<cols>{''.join(sizes)}</cols>"
    text = f'<worksheet xmlns="{MAIN}">{widths}<sheetData>{cells}</sheetData></worksheet>'
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'.encode()


def _describe(package: Package, line: str) -> None:
    if package.has(_CORE):
        document = package.document(_CORE)
    else:
        document = parsed(_NEW_CORE)
        relations = package.document("_rels/.rels")
        _relate(relations, "rIdXiaoyuanCore", _CORE_RELATION, _CORE)
        package.replace("_rels/.rels", relations)
        _declare(package, _CORE, _CORE_TYPE)
    root = document.documentElement
    assert root is not None
    found = document.getElementsByTagNameNS(_DC, "description")
    before = ""
    for one in found:
        before = "".join(node.data for node in one.childNodes if isinstance(node, minidom.Text))
        assert one.parentNode is not None
        one.parentNode.removeChild(one)
    element = document.createElementNS(_DC, "dc:description")
    if not root.hasAttribute("xmlns:dc"):
        element.setAttribute("xmlns:dc", _DC)
    element.appendChild(document.createTextNode(f"{before}\n{line}".strip()))
    root.appendChild(element)
    package.replace(_CORE, document)


def _relate(relations: minidom.Document, identifier: str, kind: str, target: str) -> None:
    root = relations.documentElement
    assert root is not None
    element = relations.createElementNS(PACKAGE, "Relationship")
    for key, value in (("Id", identifier), ("Type", kind), ("Target", target)):
        element.setAttribute(key, value)
    root.appendChild(element)


def _declare(package: Package, part: str, kind: str) -> None:
    types = package.document(CONTENT_TYPES)
    root = types.documentElement
    assert root is not None
    root.appendChild(make(root, "Override", PartName=f"/{part}", ContentType=kind))
    package.replace(CONTENT_TYPES, types)
