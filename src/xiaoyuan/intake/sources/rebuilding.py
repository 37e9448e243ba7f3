"""A workbook built anew in memory from the parts that a ledger needs, long sheets cut into short ones.

The parser then never sees the zip that came from outside, and holds one cut at a time: it takes memory for all cells
of a sheet, a gigabyte for a million rows.
"""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from isal import isal_zlib

from xiaoyuan.intake.sources.limits import MB
from xiaoyuan.intake.sources.refusals import Reason, Refusal

CUT: Final = 16 * MB
"""XML of one cut: some 30,000 rows."""

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEET_DATA: Final = re.compile(rb"<(?:(\w+):)?sheetData(?=[\s/>])[^<>]*>")
_FIRST_ROW: Final = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^<>]*)>")
_NUMBERED: Final = re.compile(rb"""\br\s*=\s*["'][0-9]""")
_LOCAL: Final = "<4sHHHHHIIIHH"
_LISTED: Final = "<4sHHHHHHIIIHHHHHII"
_END: Final = "<4sHHHHIIH"
_VERSION: Final = 20
_DEFLATED: Final = 8


class _Part:
    """A part of the zip while it is packed."""

    def __init__(self, name: str) -> None:
        self.name = name.encode()
        self._packing = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
        self._packed: list[bytes] = []
        self.size = self.crc = 0

    def add(self, content: bytes) -> None:
        self.size += len(content)
        self.crc = isal_zlib.crc32(content, self.crc)
        self._packed.append(self._packing.compress(content))

    def packed(self) -> bytes:
        self._packed.append(self._packing.flush())
        return b"".join(self._packed)


@dataclass
class Rebuilt:
    """The workbook while it grows; `content` is the zip in the end."""

    is_since_1904: bool = False
    _zip: bytearray = field(default_factory=bytearray)
    _listed: list[bytes] = field(default_factory=list)
    _sheets: int = 0

    def copy(self, name: str, parts: Iterable[bytes]) -> None:
        """Take over a part under this name."""
        part = _Part(name)
        for content in parts:
            part.add(content)
        self._write(part)

    def cut(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Take over a sheet whose XML comes in blocks that end behind rows, and hand the blocks on.

        `cuts` says afterwards which sheets of the new workbook it became.
        """
        part = self._next_sheet()
        head, close = b"", b""
        for position, block in enumerate(blocks):
            yield block
            if position == 0 and (opening := _SHEET_DATA.search(block)) is not None:
                prefix = opening[1] + b":" if opening[1] else b""
                if not opening[0].endswith(b"/>"):
                    head, close = (
                        block[: opening.end()],
                        b"</" + prefix + b"sheetData></" + prefix + b"worksheet>",
                    )
            if close and part.size > CUT and _may_begin(block):
                part.add(close)
                self._write(part)
                part = self._next_sheet()
                part.add(head)
            part.add(block)
        self._write(part)

    @property
    def cuts(self) -> int:
        """How many sheets the new workbook has so far."""
        return self._sheets

    def content(self) -> bytes:
        """Return the zip."""
        numbers = range(1, self._sheets + 1)
        listed = "".join(f'<sheet name="{at}" sheetId="{at}" r:id="rId{at}"/>' for at in numbers)
        relations = "".join(
            _relation(f"rId{at}", "worksheet", f"worksheets/sheet{at}.xml") for at in numbers
        ) + _relation("styles", "styles", "styles.xml")
        relations += _relation("strings", "sharedStrings", "sharedStrings.xml")
        for name, written in {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
            "_rels/.rels": _relations(_relation("book", "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": (
                f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
                f'<workbookPr date1904="{int(self.is_since_1904)}"/><sheets>{listed}</sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": _relations(relations),
        }.items():
            self.copy(name, [b'<?xml version="1.0" encoding="UTF-8"?>', written.encode()])
        start, count = len(self._zip), len(self._listed)
        self._zip += b"".join(self._listed)
        self._zip += struct.pack(_END, b"PK\x05\x06", 0, 0, count, count, len(self._zip) - start, start, 0)
        return bytes(self._zip)

    def _next_sheet(self) -> _Part:
        self._sheets += 1
        return _Part(f"xl/worksheets/sheet{self._sheets}.xml")

    def _write(self, part: _Part) -> None:
        packed = part.packed()
        sizes = part.crc, len(packed), part.size, len(part.name)
        if len(self._zip) + len(packed) >= 2**31:
            raise Refusal(Reason.MEMORY)
        self._listed.append(
            struct.pack(
                _LISTED,
                b"PK\x01\x02",
                _VERSION,
                _VERSION,
                0,
                _DEFLATED,
                0,
                0,
                *sizes,
                0,
                0,
                0,
                0,
                0,
                len(self._zip),
            )
            + part.name
        )
        self._zip += struct.pack(_LOCAL, b"PK\x03\x04", _VERSION, 0, _DEFLATED, 0, 0, *sizes, 0) + part.name
        self._zip += packed


def _may_begin(block: bytes) -> bool:
    """Whether a cut may begin with this block: with a row that says its own number."""
    row = _FIRST_ROW.match(block.lstrip())
    return row is not None and _NUMBERED.search(row[1]) is not None


def _relation(key: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(written: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{written}</Relationships>'
