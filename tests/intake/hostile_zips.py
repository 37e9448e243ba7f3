"""Zips that do harm or are broken: bombs, false sizes, names outside, entries twice, cut off."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial

from tests.intake.hostile_file import MB, SHEET_PART, STRINGS_PART, Hostile, changed, one
from tests.intake.raw_books import book, entries, zipped
from xiaoyuan.intake import errors


def bombs() -> Iterator[Hostile]:
    """Yield bombs."""
    for megabytes in (16, 64, 256):
        yield one(
            f"bomb of {megabytes} MB of zeros",
            partial(_zeros, megabytes),
            errors.PackedTooTightly,
        )
    yield one(
        "bomb in a picture", lambda: changed("xl/media/image1.png", bytes(64 * MB)), errors.PackedTooTightly
    )
    yield one(
        "bomb in the strings", lambda: changed(STRINGS_PART, b"<si/>" * 6 * MB), errors.PackedTooTightly
    )
    yield one(
        "bomb of styles",
        lambda: changed("xl/styles.xml", b'<xf numFmtId="0"/>' * 2 * MB),
        errors.PackedTooTightly,
    )
    yield one("declared larger than allowed", lambda: _with_sizes(3 * 1024 * MB), errors.PackedTooTightly)
    yield one("declared four gigabytes", lambda: _with_sizes(2**32 - 2), errors.PackedTooTightly)
    yield one("smaller by its own word", lambda: _with_sizes(10), errors.FileSuspicious)
    yield one("no size by its own word", lambda: _with_sizes(0), errors.FileSuspicious)
    yield one("larger by its own word", lambda: _with_sizes(100_000), errors.FileDamaged)
    yield one(
        "zip in zip in zip",
        lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c": bytes(MB)})})}),
        errors.WrongFormat,
    )
    yield one(
        "many entries", lambda: zipped({f"xl/{at}.xml": b"" for at in range(5000)}), errors.FileSuspicious
    )
    yield one("many entries by its own word", lambda: _with_count(60_000), errors.FileSuspicious)
    yield one("entries that overlap", _overlapping, errors.FileSuspicious)
    yield one("one body for all entries", _quoted_entries, errors.FileSuspicious)
    yield one(
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


def archives() -> Iterator[Hostile]:
    """Yield archives."""
    for title, name in {
        "parent folder": "../../etc/cron.d/x",
        "parent folder in the middle": "xl/../../x.xml",
        "absolute path": "/tmp/x.xml",
        "drive": "C:/windows/x.xml",
        "backslashes": "..\\..\\x.xml",
        "backslash root": "\\x.xml",
    }.items():
        yield one(
            f"name with {title}",
            zipped(entries(), more={name: b"x"}),
            errors.FileSuspicious,
        )
    yield one(
        "name with a zero", lambda: _renamed(b"xl/styles.xml", b"xl/st\0les.xml"), errors.FileSuspicious
    )
    yield one("one name twice", _doubled, errors.FileSuspicious)
    yield one(
        "one name twice in two cases",
        lambda: changed("XL/Worksheets/Sheet1.xml", b"x"),
        errors.FileSuspicious,
    )
    yield one("two names of one entry", lambda: _renamed_locally(), errors.FileSuspicious, errors.FileDamaged)
    for method, title in {12: "bzip2", 14: "lzma", 93: "an unknown method"}.items():
        yield one(f"packed with {title}", _with_method(method), errors.FileSuspicious)
    yield one("no directory", lambda: book()[: book().rindex(b"PK\x05\x06")], errors.FileDamaged)
    yield one("only the directory", lambda: book()[book().index(b"PK\x01\x02") :], errors.NotAWorkbook)
    yield one("no entries", lambda: zipped({}), errors.WrongFormat)
    yield one("starts like a zip", lambda: b"PK\x03\x04 and nothing else", errors.FileDamaged)
    yield one("wrong check sum", _with_wrong_crc, errors.FileDamaged)
    yield one("noise instead of packed bytes", _with_noise, errors.FileDamaged, errors.FileSuspicious)
    size = len(book())
    for share in (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.999):
        yield one(f"cut off at {share:.1%}", book()[: int(size * share)], errors.FileDamaged)
    for share in (0.1, 0.3, 0.5, 0.7):
        yield one(
            f"a hole at {share:.0%}",
            book()[: int(size * share)] + book()[int(size * share) + 64 :],
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


def _zeros(megabytes: int) -> bytes:
    return changed(SHEET_PART, b"0" * megabytes * MB)
