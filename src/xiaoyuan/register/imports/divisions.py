"""Reading division lists: CSV in UTF-8 or GBK with a code and a name, or the lists that ship with the package."""

import csv
import gzip
import hashlib
import io
from importlib import resources
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.files import SourceFile
from xiaoyuan.lib import divisions
from xiaoyuan.lib.text import fold
from xiaoyuan.register.actions.division_lists import DivisionList
from xiaoyuan.register.actions.divisions import DivisionLine
from xiaoyuan.register.errors import RegisterError

CODE_HEADERS: Final = ("code", "区划代码", "代码", "统计用区划代码", "行政区划代码")
NAME_HEADERS: Final = ("name", "名称", "区划名称", "单位名称")
CLASS_HEADERS: Final = ("class", "urban_rural_class", "城乡分类代码", "城乡分类")
URBAN_RURAL_CLASSES: Final = ("111", "112", "121", "122", "123", "210", "220")
BUILT_IN: Final = {"guizhou": "guizhou_divisions.csv.gz"}
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_LONGEST_NAME: Final = 120


class UnreadableList(RegisterError):
    """A file that is no division list; the sentence names the file and what is missing."""


def read_list(path: Path) -> DivisionList:
    """Read a CSV file of divisions. Raises `UnreadableList` when it has no code or name column or is no text."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableList(
            _("%(file)s cannot be read: %(reason)s.") % {"file": path.name, "reason": error.strerror}
        ) from None
    return _parsed(path.name, content, content)


def read_built_in(name: str) -> DivisionList:
    """Read a list that ships with the package (`BUILT_IN`)."""
    packed = resources.files("xiaoyuan.register.data").joinpath(BUILT_IN[name]).read_bytes()
    return _parsed(BUILT_IN[name], packed, gzip.decompress(packed))


def _parsed(name: str, stored: bytes, content: bytes) -> DivisionList:
    file = SourceFile(name, hashlib.sha256(stored).hexdigest(), len(stored))
    text = _decoded(name, content)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = [fold(cell) for cell in next(rows, [])]
    code_at = _column(name, header, CODE_HEADERS, _("code"))
    name_at = _column(name, header, NAME_HEADERS, _("name"))
    class_at = next((header.index(known) for known in CLASS_HEADERS if known in header), None)
    lines = []
    for row in rows:
        if any(cell.strip() for cell in row):
            # rows.line_num is the line a person sees in an editor.
            cells = [*row, *[""] * (len(header) - len(row))]
            urban_rural = "" if class_at is None else cells[class_at]
            lines.append(_line(rows.line_num, cells[code_at], cells[name_at], urban_rural))
    return DivisionList(file, lines)


def _decoded(name: str, content: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableList(_("%(file)s is neither UTF-8 nor GBK text.") % {"file": name})


def _column(name: str, header: list[str], known: tuple[str, ...], what: str) -> int:
    found = [header.index(title) for title in known if title in header]
    if not found:
        raise UnreadableList(
            _("%(file)s, row 1: no column for the %(what)s; one of %(known)s is expected.")
            % {"file": name, "what": what, "known": ", ".join(known)}
        )
    return found[0]


def _line(number: int, code: str, name: str, urban_rural: str) -> DivisionLine:
    name, urban_rural = name.strip(), urban_rural.strip()
    error = ""
    try:
        code = divisions.normalise(code)
    except divisions.DivisionCodeError:
        error = _("“%(text)s” is not a division code: 2, 4, 6, 9 or 12 digits are expected.") % {"text": code}
    if not error and not name:
        error = _("The name is missing.")
    elif not error and len(name) > _LONGEST_NAME:
        error = _("The name has more than %(count)d characters.") % {"count": _LONGEST_NAME}
    elif not error and urban_rural and urban_rural not in URBAN_RURAL_CLASSES:
        error = _("“%(text)s” is no urban-rural class; one of %(known)s is expected.") % {
            "text": urban_rural,
            "known": ", ".join(URBAN_RURAL_CLASSES),
        }
    return DivisionLine(number, code, name, urban_rural, error)
