"""The parts of a workbook's package, read and replaced one by one: the rest leaves byte for byte as it came."""

import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final
from xml.dom import minidom
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from xiaoyuan.exports.errors import TemplateDamaged, TemplateTooLarge

LARGEST_MB: Final = 40
"""What a layout may unpack to. It is an empty form: more is data, or an attack."""
MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES: Final = "[Content_Types].xml"
_MOST_PARTS: Final = 2000
# What reading a damaged part can end with: a wrong sum, a packing nobody knows, a place that is none.
_UNREADABLE: Final = (KeyError, BadZipFile, RuntimeError, EOFError, OSError, NotImplementedError, zlib.error)


@dataclass
class Package:
    """A workbook's zip with its parts by name; `replaced` are the parts that leave in another form."""

    zip: ZipFile
    workbook_part: str
    sheets: dict[str, str]
    """Part by the sheet's name, in order."""
    replaced: dict[str, bytes | None] = field(default_factory=dict)

    def text(self, part: str) -> str:
        """Return a part as text; raises `TemplateDamaged`."""
        kept = self.replaced.get(part)
        try:
            return (kept if kept is not None else self.zip.read(part)).decode("utf-8-sig")
        except (*_UNREADABLE, UnicodeDecodeError):
            raise TemplateDamaged from None

    def has(self, part: str) -> bool:
        """Whether a part is there."""
        return part in self.zip.namelist() or self.replaced.get(part) is not None

    def document(self, part: str) -> minidom.Document:
        """Return a small part as a document; raises `TemplateDamaged`."""
        return parsed(self.text(part))

    def replace(self, part: str, document: minidom.Document) -> None:
        """Let a part leave as a document says."""
        self.replaced[part] = document.toxml(encoding="UTF-8", standalone=True)

    def remove(self, part: str) -> None:
        """Let a part stay behind."""
        self.replaced[part] = None


def parsed(text: str) -> minidom.Document:
    """Parse a part. A type declaration, by which entities come in, has no place in a workbook and is refused."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise TemplateDamaged
    try:
        # Names keep their prefixes this way, which the markup of compatibility relies on.
        return minidom.parseString(text)  # noqa: S318 - no declaration, so no entity
    except ExpatError:
        raise TemplateDamaged from None


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open a workbook (.xlsx); raises `TemplateDamaged`, `TemplateTooLarge`."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError):
        raise TemplateDamaged from None
    with archive:
        infos = archive.infolist()
        if len(infos) > _MOST_PARTS or len({info.filename for info in infos}) != len(infos):
            raise TemplateDamaged
        if sum(info.file_size for info in infos) > LARGEST_MB * 1024 * 1024:
            raise TemplateTooLarge(LARGEST_MB)
        package = Package(archive, "", {})
        roots = package.document("_rels/.rels").getElementsByTagName("*")
        targets = [
            one.getAttribute("Target")
            for one in roots
            if one.getAttribute("Type").endswith("/officeDocument")
        ]
        if len(targets) != 1:
            raise TemplateDamaged
        package.workbook_part = targets[0].lstrip("/")
        package.sheets = _sheets(package)
        yield package


def relations_of(part: str) -> str:
    """Return the name of the part that lists what a part refers to."""
    path = PurePosixPath(part)
    return str(path.parent / "_rels" / f"{path.name}.rels")


def target_of(part: str, target: str) -> str:
    """Return the part that a relation's target means, seen from `part`."""
    if target.startswith("/"):
        return target.lstrip("/")
    pieces: list[str] = []
    for piece in (PurePosixPath(part).parent / target).parts:
        if piece == "..":
            del pieces[-1:]
        else:
            pieces.append(piece)
    return "/".join(pieces)


def _sheets(package: Package) -> dict[str, str]:
    relations = {
        one.getAttribute("Id"): one.getAttribute("Target")
        for one in package.document(relations_of(package.workbook_part)).getElementsByTagName("*")
        if one.getAttribute("Type").endswith("/worksheet")
    }
    found = {}
    for sheet in children(package.document(package.workbook_part), "sheets", "sheet"):
        identifier = sheet.getAttributeNS(OFFICE, "id")
        if identifier in relations:
            found[sheet.getAttribute("name")] = target_of(package.workbook_part, relations[identifier])
    if not found:
        raise TemplateDamaged
    return found


def named(document: minidom.Document | minidom.Element, name: str) -> list[minidom.Element]:
    """Return the elements of a local name, whatever their prefix."""
    return list(document.getElementsByTagNameNS("*", name))


def children(document: minidom.Document, parent: str, name: str) -> list[minidom.Element]:
    """Return the elements of a local name below the first element `parent`."""
    parents = named(document, parent)
    return named(parents[0], name) if parents else []


def make(parent: minidom.Element, tag: str, text: str = "", /, **attributes: str) -> minidom.Element:
    """Return a new element with the prefix of `parent`'s own name."""
    document = parent.ownerDocument
    assert document is not None
    qualified = f"{parent.prefix}:{tag}" if parent.prefix else tag
    element: minidom.Element = document.createElementNS(parent.namespaceURI, qualified)
    for key, value in attributes.items():
        element.setAttribute(key, value)
    if text:
        element.appendChild(document.createTextNode(text))
    return element


def insert_after(parent: minidom.Element, element: minidom.Element, names: Sequence[str]) -> None:
    """Put an element behind the last child of one of the names: the order of a sheet's parts is fixed."""
    later: Any = parent.firstChild
    for child in parent.childNodes:
        if getattr(child, "localName", None) in names:
            later = child.nextSibling
    parent.insertBefore(element, later)


# Characters that XML 1.0 cannot hold; WPS and Excel refuse a file that has one.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """Return a text for the inside of an element."""
    text = _FORBIDDEN.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


_REFERENCE: Final = re.compile("&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def unescaped(markup: str) -> str:
    """Return the text that stands in markup; some programs write every Chinese character as a number."""
    return _REFERENCE.sub(_character, markup)


def _character(found: "re.Match[str]") -> str:
    if found[3]:
        return _NAMED[found[3]]
    number = int(found[1]) if found[1] else int(found[2], 16)
    return chr(number) if number <= sys.maxunicode else "\ufffd"
