"""Files that do harm or are broken, made when they are needed: each with a name and with how it has to be refused."""

import io
import json
import random
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.intake.raw_books import MAIN, SHEET, XML, book, cells, entries, merged, zipped
from xiaoyuan.intake import errors
from xiaoyuan.intake.errors import FileRefused

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_BOOK = Path(__file__).with_name("trees.xls")
MB = 1024 * 1024
SHEET_PART = "xl/worksheets/sheet1.xml"
STRINGS_PART = "xl/sharedStrings.xml"


@dataclass(frozen=True)
class Hostile:
    """One file: what it is, how it is called, its bytes, and the refusals that fit."""

    title: str
    name: str
    make: Callable[[], bytes]
    refusals: tuple[type[FileRefused], ...]


def hostile_files() -> list[Hostile]:
    """Return all of them."""
    found = [
        *_bombs(), *_archives(), *_xml(), *_extents(), *_ranges(), *_macros_and_passwords(),
        *_other_formats(), *_broken_books(), *_compounds(), *_texts(),
    ]  # fmt: skip
    assert len({one.title for one in found}) == len(found)
    return found


def _one(
    title: str, make: Callable[[], bytes], *refusals: type[FileRefused], name: str = "台账.xlsx"
) -> Hostile:
    return Hostile(title, name, make, refusals)


def _changed(part: str, content: bytes) -> bytes:
    return zipped(entries(), more={part: content})


# ---- zips ---------------------------------------------------------------------------------------------------------


def _bombs() -> Iterator[Hostile]:
    for megabytes in (16, 64, 256):
        yield _one(
            f"bomb of {megabytes} MB of zeros",
            lambda size=megabytes: _changed(SHEET_PART, b"0" * size * MB),
            errors.PackedTooTightly,
        )
    yield _one(
        "bomb in a picture", lambda: _changed("xl/media/image1.png", bytes(64 * MB)), errors.PackedTooTightly
    )
    yield _one(
        "bomb in the strings", lambda: _changed(STRINGS_PART, b"<si/>" * 6 * MB), errors.PackedTooTightly
    )
    yield _one(
        "bomb of styles",
        lambda: _changed("xl/styles.xml", b'<xf numFmtId="0"/>' * 2 * MB),
        errors.PackedTooTightly,
    )
    yield _one("declared larger than allowed", lambda: _with_sizes(3 * 1024 * MB), errors.PackedTooTightly)
    yield _one("declared four gigabytes", lambda: _with_sizes(2**32 - 2), errors.PackedTooTightly)
    yield _one("smaller by its own word", lambda: _with_sizes(10), errors.FileSuspicious)
    yield _one("no size by its own word", lambda: _with_sizes(0), errors.FileSuspicious)
    yield _one("larger by its own word", lambda: _with_sizes(100_000), errors.FileDamaged)
    yield _one(
        "zip in zip in zip",
        lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c": bytes(MB)})})}),
        errors.WrongFormat,
    )
    yield _one(
        "many entries", lambda: zipped({f"xl/{at}.xml": b"" for at in range(5000)}), errors.FileSuspicious
    )
    yield _one("many entries by its own word", lambda: _with_count(60_000), errors.FileSuspicious)
    yield _one("entries that overlap", _overlapping, errors.FileSuspicious)
    yield _one("one body for all entries", _quoted_entries, errors.FileSuspicious)
    yield _one(
        "one long text in every cell",
        lambda: book(
            "<sheetData>"
            + "".join(
                f'<row r="{at}">' + f'<c t="s"><v>{at % 2}</v></c>' * 20 + "</row>" for at in range(1, 4000)
            )
            + "</sheetData>",
            strings="".join(f"<si><t>{letter * 32_000}</t></si>" for letter in "ab"),
        ),
        errors.ReadingTooLarge,
    )


def _with_sizes(size: int) -> bytes:
    """A workbook whose sheet says in both directories that it unpacks to `size` bytes."""
    content = bytearray(book())
    name = SHEET_PART.encode()
    local = content.index(name) - 30
    listed = content.rindex(name) - 46
    struct.pack_into("<I", content, local + 22, size)
    struct.pack_into("<I", content, listed + 24, size)
    return bytes(content)


def _with_count(count: int) -> bytes:
    content = bytearray(book())
    end = content.rindex(b"PK\x05\x06")
    struct.pack_into("<HH", content, end + 8, count, count)
    return bytes(content)


def _overlapping() -> bytes:
    """The directory points into the middle of another entry."""
    content = bytearray(book())
    first, second = (content.rindex(name.encode()) - 46 for name in (SHEET_PART, STRINGS_PART))
    (offset,) = struct.unpack_from("<I", content, first + 42)
    struct.pack_into("<I", content, second + 42, offset)
    return bytes(content)


def _quoted_entries() -> bytes:
    """Many names for the same compressed bytes."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = body.compress(bytes(MB)) + body.flush()
    header = struct.pack(
        "<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, zlib.crc32(bytes(MB)), len(packed), MB, 1, 0
    )
    content = header + b"a" + packed
    listed = b"".join(
        struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, zlib.crc32(bytes(MB)), len(packed), MB,
            1, 0, 0, 0, 0, 0, 0,
        ) + bytes([97 + at])
        for at in range(20)
    )  # fmt: skip
    return (
        content
        + listed
        + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 20, 20, len(listed), len(content), 0)
    )


def _archives() -> Iterator[Hostile]:
    for title, name in {
        "parent folder": "../../etc/cron.d/x",
        "parent folder in the middle": "xl/../../x.xml",
        "absolute path": "/tmp/x.xml",
        "drive": "C:/windows/x.xml",
        "backslashes": "..\\..\\x.xml",
        "backslash root": "\\x.xml",
    }.items():
        yield _one(
            f"name with {title}",
            lambda name=name: zipped(entries(), more={name: b"x"}),
            errors.FileSuspicious,
        )
    yield _one(
        "name with a zero", lambda: _renamed(b"xl/styles.xml", b"xl/st\0les.xml"), errors.FileSuspicious
    )
    yield _one("one name twice", _doubled, errors.FileSuspicious)
    yield _one(
        "one name twice in two cases",
        lambda: _changed("XL/Worksheets/Sheet1.xml", b"x"),
        errors.FileSuspicious,
    )
    yield _one(
        "two names of one entry", lambda: _renamed_locally(), errors.FileSuspicious, errors.FileDamaged
    )
    for method, title in {12: "bzip2", 14: "lzma", 93: "an unknown method"}.items():
        yield _one(f"packed with {title}", lambda method=method: _with_method(method), errors.FileSuspicious)
    yield _one("no directory", lambda: book()[: book().rindex(b"PK\x05\x06")], errors.FileDamaged)
    yield _one("only the directory", lambda: book()[book().index(b"PK\x01\x02") :], errors.NotAWorkbook)
    yield _one("no entries", lambda: zipped({}), errors.WrongFormat)
    yield _one("starts like a zip", lambda: b"PK\x03\x04 and nothing else", errors.FileDamaged)
    yield _one("wrong check sum", _with_wrong_crc, errors.FileDamaged)
    yield _one("noise instead of packed bytes", _with_noise, errors.FileDamaged, errors.FileSuspicious)
    size = len(book())
    for share in (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.999):
        yield _one(f"cut off at {share:.1%}", lambda at=int(size * share): book()[:at], errors.FileDamaged)
    for share in (0.1, 0.3, 0.5, 0.7):
        yield _one(
            f"a hole at {share:.0%}",
            lambda at=int(size * share): book()[:at] + book()[at + 64 :],
            errors.FileDamaged, errors.FileSuspicious,
        )  # fmt: skip


def _renamed(before: bytes, after: bytes) -> bytes:
    return book().replace(before, after)


def _renamed_locally() -> bytes:
    return book().replace(b"xl/styles.xml", b"xl/stylez.xml", 1)


def _doubled() -> bytes:
    content = io.BytesIO(book())
    with zipfile.ZipFile(content, "a") as writing:
        writing.writestr("xl/worksheets/sheet9.xml", b"x")
    return content.getvalue().replace(b"xl/worksheets/sheet9.xml", SHEET_PART.encode())


def _with_method(method: int) -> bytes:
    content = bytearray(book())
    name = SHEET_PART.encode()
    struct.pack_into("<H", content, content.index(name) - 30 + 8, method)
    struct.pack_into("<H", content, content.rindex(name) - 46 + 10, method)
    return bytes(content)


def _with_wrong_crc() -> bytes:
    content = bytearray(book())
    name = SHEET_PART.encode()
    struct.pack_into("<I", content, content.index(name) - 30 + 14, 1)
    struct.pack_into("<I", content, content.rindex(name) - 46 + 16, 1)
    return bytes(content)


def _with_noise() -> bytes:
    content = bytearray(book())
    at = content.index(SHEET_PART.encode()) + len(SHEET_PART)
    content[at : at + 40] = random.Random(3).randbytes(40)
    return bytes(content)


# ---- XML ----------------------------------------------------------------------------------------------------------

_LAUGHS = "".join(
    f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' if at else '<!ENTITY l0 "lol">' for at in range(10)
)


def _xml() -> Iterator[Hostile]:
    harmless = f'<worksheet xmlns="{MAIN}">{SHEET}</worksheet>'
    strings = f'<sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>'
    for title, declaration in {
        "billion laughs": f"<!DOCTYPE x [{_LAUGHS}]>",
        "external entity": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
        "entity from the network": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "http://127.0.0.1:9/">]>',
        "parameter entity": '<!DOCTYPE x [<!ENTITY % a "b"> %a;]>',
        "bare document type": "<!DOCTYPE worksheet>",
        "document type in small letters": "<!doctype worksheet>",
    }.items():
        yield _one(
            f"{title} in the strings",
            lambda declaration=declaration: _changed(STRINGS_PART, f"{XML}{declaration}{strings}".encode()),
            errors.FileSuspicious,
        )
        yield _one(
            f"{title} in a sheet",
            lambda declaration=declaration: _changed(SHEET_PART, f"{XML}{declaration}{harmless}".encode()),
            errors.FileSuspicious,
        )
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "[Content_Types].xml"):
        yield _one(
            f"billion laughs in {part}",
            lambda part=part: _changed(part, f"{XML}<!DOCTYPE x [{_LAUGHS}]><x>&l9;</x>".encode()),
            errors.FileSuspicious,
        )
    yield _one(
        "document type after a megabyte of comment",
        lambda: _changed(
            STRINGS_PART, f"<!--{random.Random(1).randbytes(MB // 2).hex()}--><!DOCTYPE x><x/>".encode()
        ),
        errors.FileSuspicious,
    )
    yield _one(
        "XML in UTF-16", lambda: _changed(SHEET_PART, harmless.encode("utf-16")), errors.FileSuspicious
    )
    yield _one(
        "document type in UTF-16",
        lambda: _changed(STRINGS_PART, f"<!DOCTYPE x [{_LAUGHS}]>{strings}".encode("utf-16")),
        errors.FileSuspicious,
    )
    yield _one(
        "bytes that are no UTF-8",
        lambda: _changed(STRINGS_PART, b"<sst><si><t>\xff\xfe\xc0</t></si></sst>"),
        errors.FileDamaged,
    )
    yield _one(
        "sheet that is cut off", lambda: _changed(SHEET_PART, harmless.encode()[:-60]), errors.FileDamaged
    )
    yield _one(
        "tags that do not match",
        lambda: book("<sheetData><row></c></sheetData>"),
        errors.FileDamaged,
        errors.FileEmpty,
    )
    yield _one(
        "no XML at all",
        lambda: _changed(SHEET_PART, b"\x01\x02\x03" * 100),
        errors.FileDamaged,
        errors.FileEmpty,
    )
    yield _one(
        "list of sheets that is no XML", lambda: _changed("xl/workbook.xml", b"<workbook"), errors.FileDamaged
    )
    yield _one(
        "list of sheets of three megabytes",
        lambda: _changed(
            "xl/workbook.xml", b"<a>" + random.Random(1).randbytes(3 * MB // 2).hex().encode() + b"</a>"
        ),
        errors.FileSuspicious,
    )
    yield _one(
        "deeply nested list of sheets",
        lambda: _changed("xl/workbook.xml", b"<a>" * 200_000),
        errors.FileDamaged,
        errors.ReadingTooLarge,
    )
    yield _one(
        "ten thousand sheets that are one",
        lambda: _changed(
            "xl/workbook.xml",
            (
                f'<workbook xmlns="{MAIN}" xmlns:r="r"><sheets>'
                + "".join(f'<sheet name="{at}" sheetId="{at}" r:id="rId1"/>' for at in range(10_000))
                + "</sheets></workbook>"
            ).encode(),
        ),
        errors.FileSuspicious,
    )
    for title, written in {
        "string that does not exist": '<c r="A1" t="s"><v>99</v></c>',
        "string of negative number": '<c r="A1" t="s"><v>-1</v></c>',
        "string with a word for a number": '<c r="A1" t="s"><v>one</v></c>',
        "cell in no column": '<c r="1"><v>1</v></c>',
        "cell in an unknown type": '<c r="A1" t="zz"><v>1</v></c>',
    }.items():
        yield _one(title, lambda written=written: book(cells(written)), errors.FileDamaged)


# ---- extents ------------------------------------------------------------------------------------------------------


def _stray(place: str) -> str:
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    stray = f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>'
    return SHEET.replace("</sheetData>", stray)


def _extents() -> Iterator[Hostile]:
    for place in ("XFD1048576", "A1048577", "A9999999", "XFE1", "AAAA1", "ZZZ1", "XFD200", "Z1048576"):
        yield _one(
            f"a cell at {place}",
            lambda place=place: book(_stray(place)),
            errors.SheetTooWide, errors.TooManyColumns, errors.FileDamaged,
        )  # fmt: skip
    yield _one(
        "a cell far away in single quotes",
        lambda: book(_stray("XFD1048576").replace('r="XFD1048576"', "r = 'XFD1048576'")),
        errors.SheetTooWide,
    )
    yield _one(
        "a far cell in an unnamed place",
        lambda: book(f'<sheetData><row r="1048576">{"<c/>" * 9000}<c><v>1</v></c></row></sheetData>'),
        errors.SheetTooWide,
    )
    yield _one(
        "ten million columns of cells",
        lambda: book(cells("<c><v>1</v></c>" * 20_000)),
        errors.SheetTooWide,
        errors.TooManyColumns,
    )
    yield _one(
        "sixteen thousand columns", lambda: book(cells("<c><v>1</v></c>" * 16_384)), errors.TooManyColumns
    )
    yield _one(
        "ten million columns declared",
        lambda: book(f'<cols><col min="1" max="10000000" width="9"/></cols>{SHEET}'),
        errors.TooManyColumns,
    )
    yield _one(
        "ten million hidden columns declared",
        lambda: book(f'<cols><col min="1" max="10000000" hidden="1"/></cols>{SHEET}'),
        errors.TooManyColumns,
    )
    for reference in ("A1:ZZZZZ9", "A1:XFD99999999", "A1:AAAAAAAAAA1"):
        yield _one(
            f"dimension {reference}",
            lambda reference=reference: book(f'<dimension ref="{reference}"/>{SHEET}'),
            errors.SheetTooWide,
        )
    yield _one(
        "rows in the wrong place",
        lambda: book(_stray("A4294967295")),
        errors.SheetTooWide,
        errors.FileDamaged,
    )


def _ranges() -> Iterator[Hostile]:
    for title, references in {
        "two that share a cell": ("A1:B2", "B2:C3"),
        "one in another": ("A1:C3", "B2:B3"),
        "the same twice": ("A1:B1", "A1:B1"),
        "a cycle of three": ("A1:B2", "B2:C3", "A2:A3"),
        "a row through columns": ("A1:Z1", "C1:C9"),
        "upside down": ("B2:A1",),
        "no cells": ("hello",),
        "half a range": ("A1:",),
    }.items():
        yield _one(
            f"merged ranges: {title}",
            lambda references=references: book(merged(*references)),
            errors.MergedCellsOverlap, errors.FileDamaged,
        )  # fmt: skip
    yield _one(
        "merged ranges over whole rows",
        lambda: book(merged(*(f"A{row}:XFD{row}" for row in range(1, 1000)))),
        errors.MergedCellsOverlap,
    )
    yield _one(
        "sixty thousand merged ranges in one place",
        lambda: book(merged(*(["A1:B2"] * 60_000))),
        errors.MergedCellsOverlap,
    )


# ---- what a workbook must not bring -------------------------------------------------------------------------------


def _macros_and_passwords() -> Iterator[Hostile]:
    yield _one("macros", lambda: _changed("xl/vbaProject.bin", COMPOUND + bytes(4096)), errors.HasMacros)
    yield _one(
        "macros under another ending",
        lambda: _changed("xl/vbaProject.bin", b"x"),
        errors.HasMacros,
        name="台账.et",
    )
    yield _one("a name for macros", book, errors.HasMacros, name="台账.xlsm")
    yield _one(
        "macros by content type",
        lambda: _changed(
            "[Content_Types].xml",
            b'<Types><Default ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>',
        ),
        errors.HasMacros,
    )
    yield _one("macros of Excel 4", lambda: _changed("xl/macrosheets/sheet1.xml", b"<x/>"), errors.HasMacros)
    yield _one("ActiveX", lambda: _changed("xl/activeX/activeX1.bin", b"x"), errors.HasMacros)
    yield _one(
        "embedded object", lambda: _changed("xl/embeddings/oleObject1.bin", COMPOUND), errors.HasEmbedded
    )
    yield _one("embedded document", lambda: _changed("xl/embeddings/a.docx", b"PK"), errors.HasEmbedded)
    yield _one(
        "a password",
        lambda: COMPOUND + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2048),
        errors.WorkbookProtected,
    )
    yield _one("an encrypted zip", lambda: _with_flag(1), errors.WorkbookProtected)
    yield _one("a strongly encrypted zip", lambda: _with_flag(0x41), errors.WorkbookProtected)
    yield _one(
        "macros in the old format", lambda: _old_with("_VBA_PROJECT"), errors.HasMacros, name="台账.xls"
    )


def _with_flag(flag: int) -> bytes:
    content = bytearray(book())
    name = SHEET_PART.encode()
    struct.pack_into("<H", content, content.index(name) - 30 + 6, flag)
    struct.pack_into("<H", content, content.rindex(name) - 46 + 8, flag)
    return bytes(content)


def _old_with(stream: str) -> bytes:
    return OLD_BOOK.read_bytes() + stream.encode("utf-16-le") + bytes(512)


# ---- other formats ------------------------------------------------------------------------------------------------


def _database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE person (name TEXT)")
        return connection.serialize()


def _other_formats() -> Iterator[Hostile]:
    made: dict[str, bytes] = {
        "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
        "GIF": b"GIF89a" + bytes(100),
        "BMP": b"BM" + bytes(100),
        "TIFF": b"II*\0" + bytes(100),
        "WebP": b"RIFF\x10\0\0\0WEBPVP8 " + bytes(100),
        "Windows program": b"MZ\x90\0" + bytes(200),
        "Linux program": b"\x7fELF" + bytes(200),
        "shell script": b"#!/bin/sh\necho\n",
        "SQLite": _database(),
        "Access": b"\0\x01\0\0Standard Jet DB" + bytes(200),
        "RAR": b"Rar!\x1a\x07\0" + bytes(100),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(100),
        "gzip": b"\x1f\x8b\x08" + bytes(100),
        "RTF": b"{\\rtf1 hello}",
        "Parquet": b"PAR1" + bytes(100),
        "HTML": b"<html><table><tr><td>1</td></tr></table></html>",
        "HTML with a type": b"\xef\xbb\xbf\n<!DOCTYPE html><body></body>",
        "XML of 2003": b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
        "JSON object": json.dumps({"a": 1}).encode(),
        "JSON list": json.dumps([{"a": 1}]).encode(),
        "Word": zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"}),
        "PowerPoint": zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<x/>"}),
        "OpenDocument": zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}),
        "xlsb": zipped({"xl/workbook.bin": b"x"}),
        "zip of a workbook": zipped({"台账.xlsx": book()}),
    }  # fmt: skip
    for title, content in made.items():
        yield _one(f"{title} called .xlsx", lambda content=content: content, errors.WrongFormat)
    for title in ("PDF", "HTML", "XML of 2003", "Word", "zip of a workbook"):
        yield _one(
            f"{title} called .xls", lambda content=made[title]: content, errors.WrongFormat, name="台账.xls"
        )
    for title in ("PDF", "JPEG", "HTML", "SQLite", "JSON list"):
        yield _one(
            f"{title} called .csv", lambda content=made[title]: content, errors.WrongFormat, name="台账.csv"
        )
    yield _one("CSV called .xlsx", "户号,姓名\n1,甲\n".encode, errors.WrongEnding)
    yield _one("CSV called .xls", "户号,姓名\n1,甲\n".encode, errors.WrongEnding, name="台账.xls")
    yield _one("workbook called .csv", book, errors.WrongEnding, name="台账.csv")
    yield _one("old workbook called .csv", OLD_BOOK.read_bytes, errors.WrongEnding, name="台账.csv")
    yield _one("noise", lambda: b"\x07\0" + random.Random(1).randbytes(4096), errors.NotAWorkbook)
    yield _one(
        "noise called .csv",
        lambda: b"\x07\0" + random.Random(2).randbytes(4096),
        errors.NotAWorkbook,
        name="台账.csv",
    )


def _without(*parts: str) -> bytes:
    return zipped({name: content for name, content in entries().items() if name not in parts})


def _broken_books() -> Iterator[Hostile]:
    yield _one("nothing", lambda: b"", errors.FileEmpty)
    yield _one("nothing called .csv", lambda: b"", errors.FileEmpty, name="台账.csv")
    yield _one("nothing called .xls", lambda: b"", errors.FileEmpty, name="台账.xls")
    yield _one("zeros", lambda: bytes(8192), errors.FileEmpty)
    yield _one(
        "spaces and lines called .csv", lambda: b"\xef\xbb\xbf \r\n\r\n \n", errors.FileEmpty, name="台账.csv"
    )
    yield _one("separators called .csv", lambda: b",,,\r\n,,,\r\n", errors.FileEmpty, name="台账.csv")
    yield _one("an empty sheet", lambda: book("<sheetData/>"), errors.FileEmpty)
    yield _one("three empty sheets", lambda: book(*["<sheetData/>"] * 3), errors.FileEmpty)
    yield _one(
        "only formats",
        lambda: book('<sheetData><row r="1"><c r="A1" s="1"/><c r="B1" s="1"/></row></sheetData>'),
        errors.FileEmpty,
    )
    yield _one(
        "only pictures",
        lambda: zipped(entries("<sheetData/>"), more={"xl/media/image1.png": b"\x89PNG" + bytes(1000)}),
        errors.OnlyPictures,
    )
    yield _one(
        "no sheets",
        lambda: _changed("xl/workbook.xml", f'<workbook xmlns="{MAIN}"><sheets/></workbook>'.encode()),
        errors.FileEmpty,
    )
    yield _one("no list of parts", lambda: _without("xl/_rels/workbook.xml.rels"), errors.FileDamaged)
    yield _one("no types", lambda: _without("[Content_Types].xml"), errors.FileDamaged)
    yield _one("no sheet where one is listed", lambda: _without(SHEET_PART), errors.FileDamaged)
    yield _one("no strings where they are used", lambda: _without(STRINGS_PART), errors.FileDamaged)
    yield _one("no strings in the strings", lambda: book(strings=""), errors.FileDamaged)
    yield _one(
        "more lost formulas than can be told",
        lambda: book("<sheetData>" + ("<row>" + "<c><f>1</f></c>" * 500 + "</row>") * 450 + "</sheetData>"),
        errors.NotCalculated,
    )


# ---- the old format -----------------------------------------------------------------------------------------------


def _compounds() -> Iterator[Hostile]:
    old = OLD_BOOK.read_bytes()
    yield _one("an OLE head alone", lambda: COMPOUND, errors.NotAWorkbook, name="台账.xls")
    yield _one("an OLE head and zeros", lambda: COMPOUND + bytes(4096), errors.NotAWorkbook, name="台账.xls")
    yield _one(
        "an OLE head and noise",
        lambda: COMPOUND + random.Random(4).randbytes(8192) + "Workbook".encode("utf-16-le") + bytes(64),
        errors.FileDamaged, errors.ReadingTooLarge, errors.ReadingTooSlow, errors.ReaderFailed,
        name="台账.xls",
    )  # fmt: skip
    yield _one(
        "an old text document",
        lambda: COMPOUND + bytes(512) + "WordDocument".encode("utf-16-le") + bytes(512),
        errors.WrongFormat, name="台账.xls",
    )  # fmt: skip
    for share in (0.1, 0.25, 0.5, 0.75):
        at = int(len(old) * share)
        yield _one(
            f"an old workbook cut off at {share:.0%}",
            lambda at=at: old[:at],
            errors.FileDamaged, errors.NotAWorkbook, errors.FileEmpty, errors.ReaderFailed,
            name="台账.xls",
        )  # fmt: skip
    for title, at, written in (
        ("sectors of no size", 30, b"\0\0"),
        ("sectors of 2^40 bytes", 30, b"\x28\0"),
        ("a directory beyond the end", 48, b"\xff\xff\xff\x7f"),
        ("a table beyond the end", 76, b"\xff\xff\xff\x7f"),
        ("a circle of table sectors", 68, b"\0\0\0\0\xff\xff\xff\x7f"),
    ):
        yield _one(
            f"an old workbook with {title}",
            lambda at=at, written=written: old[:at] + written + old[at + len(written) :],
            errors.FileDamaged, errors.ReadingTooLarge, errors.ReadingTooSlow, errors.ReaderFailed,
            name="台账.xls",
        )  # fmt: skip


# ---- texts --------------------------------------------------------------------------------------------------------


def _texts() -> Iterator[Hostile]:
    head = "户号,姓名,性别\n"
    row = "1,样例甲,男\n"
    for title, content, refusals in (
        ("zeros in the middle", (head + row).encode() + b"1,\0\0,x\n" + bytes(8), (errors.NotAWorkbook,)),
        ("zeros far behind", (head + row * 4000).encode() + b"1,\0,x\n", (errors.NotAWorkbook,)),
        ("bells", (head + "1,\x07,x\n").encode(), (errors.NotAWorkbook,)),
        ("UTF-8 and GBK mixed", head.encode() + row.encode("gbk") * 3, (errors.EncodingUnclear,)),
        (
            "GBK with a line of UTF-8",
            (head + row * 30).encode("gbk") + row.encode(),
            (errors.EncodingUnclear,),
        ),
        ("Big5", "戶號,姓名,備註\n1,樣例,無資料\n".encode("big5"), (errors.EncodingUnclear,)),
        ("Latin letters of Western Europe", "a,b\nä,é\n".encode("latin-1") * 20, (errors.EncodingUnclear,)),
        ("Shift JIS", "番号,名前\n1,カタカナのなまえ\n".encode("shift-jis"), (errors.EncodingUnclear,)),
        ("UTF-16 without its mark", (head + row).encode("utf-16-le"), (errors.NotAWorkbook,)),
        ("half a UTF-16", (head + row).encode("utf-16")[:-1], (errors.EncodingUnclear,)),
        ("a false mark of UTF-8", b"\xef\xbb\xbf" + (head + row).encode("gbk"), (errors.EncodingUnclear,)),
        ("a broken character at the end", (head + row).encode()[:-2], (errors.EncodingUnclear,)),
        (
            "GBK that UTF-8 would read",
            "ÄãºÃ,ÂÃ\n".encode("latin-1").replace(b"\xba", b"\x80"),
            (errors.EncodingUnclear,),
        ),
        ("accents that GBK would read", "a,b\né,ü\n".encode(), (errors.EncodingUnclear,)),
        ("a row too long", (head + row + "2,样例乙,女,多\n" + row).encode(), (errors.UnevenRow,)),
        ("a row too short", (head + row * 5 + "2,样例乙\n" + row).encode(), (errors.UnevenRow,)),
        ("a broken line", (head + row * 5 + "2,样例\n乙,女\n" + row).encode(), (errors.UnevenRow,)),
        ("a comma in a text", (head + row * 5 + "2,样例乙,女,双堰,3号\n").encode(), (errors.UnevenRow,)),
        (
            "a quotation mark without end",
            (head + '1,"样例甲,男\n' + row * 3).encode(),
            (errors.QuotesUnclear,),
        ),
        ("text behind a quotation", (head + '1,"样"例甲,男\n').encode(), (errors.QuotesUnclear,)),
        ("a cell of 100,000 letters", (head + f"1,{'a' * 100_000},x\n").encode(), (errors.CellTooLong,)),
        ("two separators", b"a;b,c;d\n1;2,3;4\n5;6,7;8\n", (errors.SeparatorUnclear,)),
        ("5000 columns", (",".join(map(str, range(5000))) + "\n").encode() * 3, (errors.TooManyColumns,)),
    ):
        yield _one(f"text with {title}", lambda content=content: content, *refusals, name="台账.csv")
    yield _one(
        "text with ten million columns", lambda: b"," * 10_000_000, errors.CellTooLong, name="台账.csv"
    )
    yield _one(
        "text in a line of 200 MB", lambda: b"1,2,3," * (200 * MB // 6), errors.CellTooLong, name="台账.csv"
    )
    yield _one(
        "text in a quotation of 40 MB",
        lambda: b'a,b\n1,"' + b"x\n" * (20 * MB),
        errors.CellTooLong, errors.QuotesUnclear, name="台账.csv",
    )  # fmt: skip
