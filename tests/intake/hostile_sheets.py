"""Workbooks whose XML does harm or is broken: entities, cells far away, merged cells, macros, passwords."""

import random
import struct
from collections.abc import Iterator

from tests.intake.hostile_file import COMPOUND, MB, OLD_BOOK, SHEET_PART, STRINGS_PART, Hostile, changed, one
from tests.intake.raw_books import MAIN, SHEET, XML, book, cells, merged
from xiaoyuan.intake import errors

_LAUGHS = "".join(
    f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' if at else '<!ENTITY l0 "lol">' for at in range(10)
)


def xml() -> Iterator[Hostile]:
    """Yield xml."""
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
        yield one(
            f"{title} in the strings",
            changed(STRINGS_PART, f"{XML}{declaration}{strings}".encode()),
            errors.FileSuspicious,
        )
        yield one(
            f"{title} in a sheet",
            changed(SHEET_PART, f"{XML}{declaration}{harmless}".encode()),
            errors.FileSuspicious,
        )
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "[Content_Types].xml"):
        yield one(
            f"billion laughs in {part}",
            changed(part, f"{XML}<!DOCTYPE x [{_LAUGHS}]><x>&l9;</x>".encode()),
            errors.FileSuspicious,
        )
    yield one(
        "document type after a megabyte of comment",
        lambda: changed(
            STRINGS_PART, f"<!--{random.Random(1).randbytes(MB // 2).hex()}--><!DOCTYPE x><x/>".encode()
        ),
        errors.FileSuspicious,
    )
    yield one("XML in UTF-16", lambda: changed(SHEET_PART, harmless.encode("utf-16")), errors.FileSuspicious)
    yield one(
        "document type in UTF-16",
        lambda: changed(STRINGS_PART, f"<!DOCTYPE x [{_LAUGHS}]>{strings}".encode("utf-16")),
        errors.FileSuspicious,
    )
    yield one(
        "bytes that are no UTF-8",
        lambda: changed(STRINGS_PART, b"<sst><si><t>\xff\xfe\xc0</t></si></sst>"),
        errors.FileDamaged,
    )
    yield one(
        "sheet that is cut off", lambda: changed(SHEET_PART, harmless.encode()[:-60]), errors.FileDamaged
    )
    yield one(
        "tags that do not match",
        lambda: book("<sheetData><row></c></sheetData>"),
        errors.FileDamaged,
        errors.FileEmpty,
    )
    yield one(
        "no XML at all",
        lambda: changed(SHEET_PART, b"\x01\x02\x03" * 100),
        errors.FileDamaged,
        errors.FileEmpty,
    )
    yield one(
        "list of sheets that is no XML", lambda: changed("xl/workbook.xml", b"<workbook"), errors.FileDamaged
    )
    yield one(
        "list of sheets of nine megabytes",
        lambda: changed(
            "xl/workbook.xml", b"<a>" + random.Random(1).randbytes(9 * MB // 2).hex().encode() + b"</a>"
        ),
        errors.FileSuspicious,
    )
    yield one(
        "deeply nested list of sheets",
        lambda: changed("xl/workbook.xml", b"<a>" * 200_000),
        errors.FileSuspicious,
    )
    yield one(
        "ten thousand sheets that are one",
        lambda: changed(
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
        yield one(title, book(cells(written)), errors.FileDamaged)


def _stray(place: str) -> str:
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    stray = f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>'
    return SHEET.replace("</sheetData>", stray)


def extents() -> Iterator[Hostile]:
    """Yield extents."""
    for place in ("XFD1048576", "A1048577", "A9999999", "XFE1", "AAAA1", "ZZZ1", "XFD200", "Z1048576"):
        yield one(
            f"a cell at {place}",
            book(_stray(place)),
            errors.SheetTooWide, errors.TooManyColumns, errors.FileDamaged,
        )  # fmt: skip
    yield one(
        "a cell far away in single quotes",
        lambda: book(_stray("XFD1048576").replace('r="XFD1048576"', "r = 'XFD1048576'")),
        errors.SheetTooWide,
    )
    yield one(
        "a far cell in an unnamed place",
        lambda: book(f'<sheetData><row r="1048576">{"<c/>" * 9000}<c><v>1</v></c></row></sheetData>'),
        errors.SheetTooWide,
    )
    yield one(
        "ten million columns of cells",
        lambda: book(cells("<c><v>1</v></c>" * 20_000)),
        errors.SheetTooWide,
        errors.TooManyColumns,
    )
    yield one(
        "sixteen thousand columns", lambda: book(cells("<c><v>1</v></c>" * 16_384)), errors.TooManyColumns
    )
    yield one(
        "ten million columns declared",
        lambda: book(f'<cols><col min="1" max="10000000" width="9"/></cols>{SHEET}'),
        errors.TooManyColumns,
    )
    yield one(
        "ten million hidden columns declared",
        lambda: book(f'<cols><col min="1" max="10000000" hidden="1"/></cols>{SHEET}'),
        errors.TooManyColumns,
    )
    for reference in ("A1:ZZZZZ9", "A1:XFD99999999", "A1:AAAAAAAAAA1"):
        yield one(
            f"dimension {reference}",
            book(f'<dimension ref="{reference}"/>{SHEET}'),
            errors.SheetTooWide,
        )
    yield one(
        "rows in the wrong place",
        lambda: book(_stray("A4294967295")),
        errors.SheetTooWide,
        errors.FileDamaged,
    )


def ranges() -> Iterator[Hostile]:
    """Yield ranges."""
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
        yield one(
            f"merged ranges: {title}",
            book(merged(*references)),
            errors.MergedCellsOverlap, errors.FileDamaged,
        )  # fmt: skip
    yield one(
        "merged ranges over whole rows",
        lambda: book(merged(*(f"A{row}:XFD{row}" for row in range(1, 1000)))),
        errors.MergedCellsOverlap,
    )
    yield one(
        "sixty thousand merged ranges in one place",
        lambda: book(merged(*(["A1:B2"] * 60_000))),
        errors.MergedCellsOverlap,
    )


def macros_and_passwords() -> Iterator[Hostile]:
    """Yield macros and passwords."""
    yield one("macros", lambda: changed("xl/vbaProject.bin", COMPOUND + bytes(4096)), errors.HasMacros)
    yield one(
        "macros under another ending",
        lambda: changed("xl/vbaProject.bin", b"x"),
        errors.HasMacros,
        name="台账.et",
    )
    yield one("a name for macros", book, errors.HasMacros, name="台账.xlsm")
    yield one(
        "macros by content type",
        lambda: changed(
            "[Content_Types].xml",
            b'<Types><Default ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>',
        ),
        errors.HasMacros,
    )
    yield one("macros of Excel 4", lambda: changed("xl/macrosheets/sheet1.xml", b"<x/>"), errors.HasMacros)
    yield one("ActiveX", lambda: changed("xl/activeX/activeX1.bin", b"x"), errors.HasMacros)
    yield one(
        "embedded object", lambda: changed("xl/embeddings/oleObject1.bin", COMPOUND), errors.HasEmbedded
    )
    yield one("embedded document", lambda: changed("xl/embeddings/a.docx", b"PK"), errors.HasEmbedded)
    yield one(
        "a password",
        lambda: COMPOUND + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2048),
        errors.WorkbookProtected,
    )
    yield one("an encrypted zip", lambda: _with_flag(1), errors.WorkbookProtected)
    yield one("a strongly encrypted zip", lambda: _with_flag(0x41), errors.WorkbookProtected)
    yield one(
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
