"""What a file is, told by its first bytes, whatever its name says; a name that says otherwise is pointed out."""

import re
from enum import StrEnum
from typing import Final

from xiaoyuan.intake.sources.refusals import Reason, Refusal

HEAD: Final = 4096


class Format(StrEnum):
    """What can be read, and what is met instead of it."""

    PACKED = "packed"
    COMPOUND = "compound"
    TEXT = "text"
    HTML = "html"
    XML = "xml"
    JSON = "json"
    PDF = "pdf"
    PICTURE = "picture"
    PROGRAM = "program"
    DATABASE = "database"
    ARCHIVE = "archive"
    RICH_TEXT = "rich_text"
    DOCUMENT = "document"
    PRESENTATION = "presentation"
    OPEN_DOCUMENT = "open_document"
    BINARY_WORKBOOK = "binary_workbook"
    PARQUET = "parquet"
    OTHER = "other"


WORKBOOK_ENDINGS: Final = frozenset({".xlsx", ".xls", ".et", ".ett", ".xlt", ".xltx"})
"""WPS Office writes .et and .ett in the format of .xls."""
TEXT_ENDINGS: Final = frozenset({".csv", ".txt", ".tsv"})
MACRO_ENDINGS: Final = frozenset({".xlsm", ".xltm", ".xlam"})

_STARTS: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"PK\x03\x04", Format.PACKED),
    (b"PK\x05\x06", Format.ARCHIVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.COMPOUND),
    (b"%PDF", Format.PDF),
    (b"\x89PNG", Format.PICTURE),
    (b"\xff\xd8\xff", Format.PICTURE),
    (b"GIF8", Format.PICTURE),
    (b"BM", Format.PICTURE),
    (b"II*\0", Format.PICTURE),
    (b"MM\0*", Format.PICTURE),
    (b"MZ", Format.PROGRAM),
    (b"\x7fELF", Format.PROGRAM),
    (b"\xca\xfe\xba\xbe", Format.PROGRAM),
    (b"#!", Format.PROGRAM),
    (b"SQLite format 3\0", Format.DATABASE),
    (b"\0\x01\0\0Standard ", Format.DATABASE),
    (b"Rar!", Format.ARCHIVE),
    (b"7z\xbc\xaf", Format.ARCHIVE),
    (b"\x1f\x8b", Format.ARCHIVE),
    (b"BZh", Format.ARCHIVE),
    (b"\xfd7zXZ", Format.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Format.ARCHIVE),
    (b"{\\rtf", Format.RICH_TEXT),
    (b"PAR1", Format.PARQUET),
)
_BOM_16: Final = (b"\xff\xfe", b"\xfe\xff")
_HTML: Final = re.compile(rb"<(!doctype\s+html|html|head|body|table|meta|script|div)\b", re.IGNORECASE)
_JSON: Final = re.compile(rb"\{\s*(\"|\})|\[\s*[\[{\"\]]")
_TWO_LETTER: Final = frozenset({b"BM", b"MZ", b"#!"})


def format_of(head: bytes) -> Format:
    """Tell a file by its first bytes; zip and OLE files have to be looked into to know more."""
    for start, found in _STARTS:
        # Two letters may also begin a heading: a picture or a program has bytes that no text has.
        if head.startswith(start) and (start not in _TWO_LETTER or start == b"#!" or b"\0" in head):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.PICTURE
    if head.startswith(_BOM_16):
        return Format.TEXT
    if b"\0" in head:
        return Format.OTHER
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return Format.HTML if _HTML.search(text) else Format.XML
    if _JSON.match(text):
        return Format.JSON
    return Format.TEXT


def check_ending(ending: str, found: Format) -> None:
    """Refuse what is no table, and a table whose name says that it is another sort; raises `Refusal`.

    `ending` is that of the name, such as ".xlsx"; an unknown one says nothing.
    """
    if ending in MACRO_ENDINGS:
        raise Refusal(Reason.MACROS)
    if found in (Format.PACKED, Format.COMPOUND):
        if ending in TEXT_ENDINGS:
            raise Refusal(Reason.WRONG_ENDING, ending=".xlsx" if found == Format.PACKED else ".xls")
    elif found == Format.TEXT:
        if ending in WORKBOOK_ENDINGS:
            raise Refusal(Reason.WRONG_ENDING, ending=".csv")
    elif found == Format.OTHER:
        raise Refusal(Reason.NOT_A_WORKBOOK)
    else:
        raise Refusal(Reason.WRONG_FORMAT, format=found.value)
