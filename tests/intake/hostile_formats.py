"""Files that are something else, hold nothing, or are broken in the old format or as text."""

import json
import random
import sqlite3
from collections.abc import Iterator

from tests.intake.hostile_file import COMPOUND, MB, OLD_BOOK, SHEET_PART, STRINGS_PART, Hostile, changed, one
from tests.intake.raw_books import MAIN, book, entries, zipped
from xiaoyuan.intake import errors


def _database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE person (name TEXT)")
        return connection.serialize()


def other_formats() -> Iterator[Hostile]:
    """Yield other formats."""
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
        yield one(f"{title} called .xlsx", content, errors.WrongFormat)
    for title in ("PDF", "HTML", "XML of 2003", "Word", "zip of a workbook"):
        yield one(f"{title} called .xls", made[title], errors.WrongFormat, name="台账.xls")
    for title in ("PDF", "JPEG", "HTML", "SQLite", "JSON list"):
        yield one(f"{title} called .csv", made[title], errors.WrongFormat, name="台账.csv")
    yield one("CSV called .xlsx", "户号,姓名\n1,甲\n".encode, errors.WrongEnding)
    yield one("CSV called .xls", "户号,姓名\n1,甲\n".encode, errors.WrongEnding, name="台账.xls")
    yield one("workbook called .csv", book, errors.WrongEnding, name="台账.csv")
    yield one("old workbook called .csv", OLD_BOOK.read_bytes, errors.WrongEnding, name="台账.csv")
    yield one("noise", lambda: b"\x07\0" + random.Random(1).randbytes(4096), errors.NotAWorkbook)
    yield one(
        "noise called .csv",
        lambda: b"\x07\0" + random.Random(2).randbytes(4096),
        errors.NotAWorkbook,
        name="台账.csv",
    )


def _without(*parts: str) -> bytes:
    return zipped({name: content for name, content in entries().items() if name not in parts})


def broken_books() -> Iterator[Hostile]:
    """Yield broken books."""
    yield one("nothing", lambda: b"", errors.FileEmpty)
    yield one("nothing called .csv", lambda: b"", errors.FileEmpty, name="台账.csv")
    yield one("nothing called .xls", lambda: b"", errors.FileEmpty, name="台账.xls")
    yield one("zeros", lambda: bytes(8192), errors.FileEmpty)
    yield one(
        "spaces and lines called .csv", lambda: b"\xef\xbb\xbf \r\n\r\n \n", errors.FileEmpty, name="台账.csv"
    )
    yield one("separators called .csv", lambda: b",,,\r\n,,,\r\n", errors.FileEmpty, name="台账.csv")
    yield one("an empty sheet", lambda: book("<sheetData/>"), errors.FileEmpty)
    yield one("three empty sheets", lambda: book(*["<sheetData/>"] * 3), errors.FileEmpty)
    yield one(
        "only formats",
        lambda: book('<sheetData><row r="1"><c r="A1" s="1"/><c r="B1" s="1"/></row></sheetData>'),
        errors.FileEmpty,
    )
    yield one(
        "only pictures",
        lambda: zipped(entries("<sheetData/>"), more={"xl/media/image1.png": b"\x89PNG" + bytes(1000)}),
        errors.OnlyPictures,
    )
    yield one(
        "no sheets",
        lambda: changed("xl/workbook.xml", f'<workbook xmlns="{MAIN}"><sheets/></workbook>'.encode()),
        errors.FileEmpty,
    )
    yield one("no list of parts", lambda: _without("xl/_rels/workbook.xml.rels"), errors.FileDamaged)
    yield one("no types", lambda: _without("[Content_Types].xml"), errors.FileDamaged)
    yield one("no sheet where one is listed", lambda: _without(SHEET_PART), errors.FileDamaged)
    yield one("no strings where they are used", lambda: _without(STRINGS_PART), errors.FileDamaged)
    yield one("no strings in the strings", lambda: book(strings=""), errors.FileDamaged)
    yield one(
        "more lost formulas than can be told",
        lambda: book("<sheetData>" + ("<row>" + "<c><f>1</f></c>" * 500 + "</row>") * 450 + "</sheetData>"),
        errors.NotCalculated,
    )


def compounds() -> Iterator[Hostile]:
    """Yield compounds."""
    old = OLD_BOOK.read_bytes()
    yield one("an OLE head alone", lambda: COMPOUND, errors.NotAWorkbook, name="台账.xls")
    yield one("an OLE head and zeros", lambda: COMPOUND + bytes(4096), errors.NotAWorkbook, name="台账.xls")
    yield one(
        "an OLE head and noise",
        lambda: COMPOUND + random.Random(4).randbytes(8192) + "Workbook".encode("utf-16-le") + bytes(64),
        errors.FileDamaged, errors.ReadingTooLarge, errors.ReadingTooSlow, errors.ReaderFailed,
        name="台账.xls",
    )  # fmt: skip
    yield one(
        "an old text document",
        lambda: COMPOUND + bytes(512) + "WordDocument".encode("utf-16-le") + bytes(512),
        errors.WrongFormat, name="台账.xls",
    )  # fmt: skip
    for share in (0.1, 0.25, 0.5, 0.75):
        at = int(len(old) * share)
        yield one(
            f"an old workbook cut off at {share:.0%}",
            old[:at],
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
        yield one(
            f"an old workbook with {title}",
            old[:at] + written + old[at + len(written) :],
            errors.FileDamaged, errors.ReadingTooLarge, errors.ReadingTooSlow, errors.ReaderFailed,
            name="台账.xls",
        )  # fmt: skip


def texts() -> Iterator[Hostile]:
    """Yield texts."""
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
        yield one(f"text with {title}", content, *refusals, name="台账.csv")
    yield one("text with ten million columns", lambda: b"," * 10_000_000, errors.CellTooLong, name="台账.csv")
    yield one(
        "text in a line of 200 MB", lambda: b"1,2,3," * (200 * MB // 6), errors.CellTooLong, name="台账.csv"
    )
    yield one(
        "text in a quotation of 40 MB",
        lambda: b'a,b\n1,"' + b"x\n" * (20 * MB),
        errors.CellTooLong, errors.QuotesUnclear, name="台账.csv",
    )  # fmt: skip
