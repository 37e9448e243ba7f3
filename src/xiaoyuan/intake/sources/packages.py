"""What an .xlsx file is made of, looked at before a parser sees it; what a ledger needs of it is built anew."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from xml.parsers import expat

from xiaoyuan.intake.sources import rationing
from xiaoyuan.intake.sources.archives import Archive, Entry, other_format
from xiaoyuan.intake.sources.limits import MB, Limits
from xiaoyuan.intake.sources.rebuilding import Rebuilt
from xiaoyuan.intake.sources.refusals import Reason, Refusal
from xiaoyuan.intake.sources.sheet_xml import Peculiarities, blocks, scan

INDEX_LIMIT: Final = 8 * MB
"""Bytes of the parts that only list the others."""
ELEMENT_LIMIT: Final = 100_000
"""Elements of such a part: copied again and again, a workbook gathers thousands of broken names."""
SHEET_LIMIT: Final = 500
"""Sheets of a workbook; a township's has one a village."""

_BOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_TYPES: Final = "[content_types].xml"
_MACROS: Final = re.compile(r"vbaproject|(^|/)macrosheets/|(^|/)activex/", re.IGNORECASE)
_EMBEDDED: Final = re.compile(r"(^|/)embeddings/", re.IGNORECASE)
_PICTURES: Final = re.compile(r"(^|/)media/", re.IGNORECASE)
_DECLARATION: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_LONGEST_DECLARATION: Final = 10
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"\0")
_HIDDEN: Final = ("hidden", "veryHidden")
_WANTED: Final = frozenset({"sheet", "workbookPr", "Relationship"})
_TRUE: Final = ("1", "true", "on")

_Element = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class PackedSheet:
    """A worksheet: what a scan found of it, and which sheets of the rebuilt workbook hold its rows."""

    index: int
    name: str
    is_hidden: bool
    found: Peculiarities
    cuts: range


@dataclass(frozen=True)
class Package:
    """A workbook that was looked at; `content` is the rebuilt one."""

    sheets: tuple[PackedSheet, ...]
    content: bytes
    has_pictures: bool


def look_into(path: Path, limits: Limits) -> Package:
    """Look at every part of a workbook; raises `Refusal`."""
    archive = Archive(path, limits)
    try:
        rationing.allow(archive.unpacked, limits)
        _check_names(archive)
        return _rebuild(archive, limits)
    finally:
        archive.close()


def _check_names(archive: Archive) -> None:
    names = archive.entries.keys()
    if archive.find(_BOOK) is None:
        raise Refusal(Reason.WRONG_FORMAT, format=other_format(archive).value)
    if any(_MACROS.search(name) for name in names):
        raise Refusal(Reason.MACROS)
    if any(_EMBEDDED.search(name) for name in names):
        raise Refusal(Reason.EMBEDDED)
    if b"macroEnabled" in _whole(archive, _TYPES):
        raise Refusal(Reason.MACROS)


def _rebuild(archive: Archive, limits: Limits) -> Package:
    """Go through all parts once; those that a ledger needs are taken over on the way."""
    book, kinds, targets = _index(archive)
    rebuilt = Rebuilt(any(tag == "workbookPr" and own.get("date1904") in _TRUE for tag, own in book))
    for kind, name in (("styles", "xl/styles.xml"), ("sharedStrings", "xl/sharedStrings.xml")):
        entry = archive.find(next((targets[key] for key, one in kinds.items() if one == kind), ""))
        if entry is not None:
            rebuilt.copy(name, _checked(archive, entry))
    sheets = []
    listed = [own for tag, own in book if tag == "sheet"]
    if len(listed) > SHEET_LIMIT:
        raise Refusal(Reason.SUSPICIOUS)
    seen = {_BOOK, _RELATIONS, _TYPES}
    for index, element in enumerate(listed):
        key = element.get("id", "")
        kind = kinds.get(key, "")
        if kind in ("xlMacrosheet", "xlIntlMacrosheet"):
            raise Refusal(Reason.MACROS)
        if kind != "worksheet":
            continue
        entry = archive.find(targets[key])
        if entry is None or entry.name in seen:
            raise Refusal(Reason.DAMAGED)
        seen.add(entry.name)
        name, first = element.get("name", ""), rebuilt.cuts
        found = scan(rebuilt.cut(blocks(_checked(archive, entry))), entry.unpacked, name, limits)
        is_hidden = element.get("state") in _HIDDEN
        sheets.append(PackedSheet(index, name, is_hidden, found, range(first, rebuilt.cuts)))
    for entry in archive.entries.values():
        if entry.name not in seen:
            for _part in _checked(archive, entry):
                pass
    has_pictures = any(_PICTURES.search(name) for name in archive.entries)
    return Package(tuple(sheets), rebuilt.content(), has_pictures)


def _index(archive: Archive) -> tuple[list[_Element], dict[str, str], dict[str, str]]:
    """Return the elements that list the sheets, and the kind and the place of each part by the key that they use."""
    kinds, targets = {}, {}
    for _tag, relation in _elements(_whole(archive, _RELATIONS)):
        key, target = relation.get("Id", ""), relation.get("Target", "")
        kinds[key] = relation.get("Type", "").rpartition("/")[2]
        targets[key] = target[1:] if target.startswith("/") else str(PurePosixPath("xl") / target)
    return _elements(_whole(archive, _BOOK)), kinds, targets


def _elements(content: bytes) -> list[_Element]:
    """Return tags and attributes without their namespaces, as a list: a tree may be as deep as it likes."""
    found: list[_Element] = []
    count = 0

    def note(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > ELEMENT_LIMIT:
            raise Refusal(Reason.SUSPICIOUS)
        tag = tag.rpartition(" ")[2]
        if tag not in _WANTED:
            return
        own = {name.rpartition(" ")[2]: value for name, value in attributes.items()}
        found.append((tag, own))

    # Neither part declares entities: `_checked` has refused that.
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = note
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise Refusal(Reason.DAMAGED) from None
    return found


def _whole(archive: Archive, name: str) -> bytes:
    entry = archive.find(name)
    if entry is None:
        raise Refusal(Reason.DAMAGED)
    if entry.unpacked > INDEX_LIMIT:
        raise Refusal(Reason.SUSPICIOUS)
    return b"".join(_checked(archive, entry))


def _checked(archive: Archive, entry: Entry) -> Iterator[bytes]:
    """Yield an entry's bytes; XML must be UTF-8 and declare nothing of its own."""
    is_xml = entry.name.lower().endswith((".xml", ".rels", ".vml"))
    tail = b""
    for position, part in enumerate(archive.parts(entry)):
        if is_xml:
            if position == 0 and part.startswith(_WIDE):
                raise Refusal(Reason.SUSPICIOUS)
            # The cheap search first: it is done for hundreds of megabytes.
            if (b"<!" in part or b"<" in tail) and _DECLARATION.search(tail + part):
                raise Refusal(Reason.SUSPICIOUS)
            tail = part[-_LONGEST_DECLARATION:]
        yield part
