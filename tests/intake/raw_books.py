"""Workbooks written by hand, entry by entry, so that a test can say exactly what is wrong with one."""

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8"?>'

ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>户号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'
    '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c></row>'
)
SHEET = f"<sheetData>{ROWS}</sheetData>"
STRINGS = "<si><t>样例</t></si>"
FORMATS = (0, 14, 46, 20, 22)
"""Number formats by style index: general, day, duration, time, day with time."""


def entries(
    *sheets: str,
    strings: str = STRINGS,
    properties: str = "",
    states: Mapping[int, str] | None = None,
) -> dict[str, bytes]:
    """Return the parts of a workbook whose sheets hold this XML; `states` says which are hidden."""
    contents = sheets or (SHEET,)
    listed = "".join(
        f'<sheet name="S{at}" sheetId="{at}" r:id="rId{at}"{_state((states or {}).get(at))}/>'
        for at in range(1, len(contents) + 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(contents) + 1)
    )
    relations += f'<Relationship Id="rId90" Type="{OFFICE}/styles" Target="styles.xml"/>'
    relations += f'<Relationship Id="rId91" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in FORMATS)
    parts = {
        "[Content_Types].xml": (
            f'{XML}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
        ),
        "xl/styles.xml": (
            f'{XML}<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
            f'<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
            f'<cellXfs count="{len(FORMATS)}">{formats}</cellXfs></styleSheet>'
        ),
        "xl/sharedStrings.xml": f'{XML}<sst xmlns="{MAIN}">{strings}</sst>',
    }
    for at, content in enumerate(contents, start=1):
        parts[f"xl/worksheets/sheet{at}.xml"] = f'{XML}<worksheet xmlns="{MAIN}">{content}</worksheet>'
    return {name: content.encode() for name, content in parts.items()}


def _state(state: str | None) -> str:
    return f' state="{state}"' if state else ""


def zipped(parts: Mapping[str, bytes], *, more: Mapping[str, bytes] | None = None) -> bytes:
    """Return a zip of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as writing:
        for name, data in {**parts, **(more or {})}.items():
            writing.writestr(name, data)
    return content.getvalue()


def book(*sheets: str, strings: str = STRINGS, properties: str = "") -> bytes:
    """Return a workbook whose sheets hold this XML."""
    return zipped(entries(*sheets, strings=strings, properties=properties))


def cells(*written: str, row: int = 1) -> str:
    """Return sheet data of one row."""
    return f'<sheetData><row r="{row}">{"".join(written)}</row></sheetData>'


def merged(*references: str) -> str:
    """Return a small table with these merged ranges."""
    ranges = "".join(f'<mergeCell ref="{reference}"/>' for reference in references)
    return f'{SHEET}<mergeCells count="{len(references)}">{ranges}</mergeCells>'
