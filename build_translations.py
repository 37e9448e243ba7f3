"""Compiles every django.po into the django.mo that Django reads, with nothing but the standard library.

Called by the build hook, so that `pip install .` needs no gettext on the machine, and by `make translations`.
The format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

import ast
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = 0x950412DE
CONTEXT_SEPARATOR = "\x04"
PLURAL_SEPARATOR = "\x00"


@dataclass
class Entry:
    """One message of a catalogue; `texts` has more than one item for plurals."""

    line: int
    is_fuzzy: bool = False
    context: str | None = None
    msgid: str = ""
    plural: str | None = None
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key that gettext looks up."""
        key = self.msgid if self.plural is None else self.msgid + PLURAL_SEPARATOR + self.plural
        return key if self.context is None else self.context + CONTEXT_SEPARATOR + key

    @property
    def is_translated(self) -> bool:
        """Whether every form has a text that someone has confirmed."""
        return not self.is_fuzzy and bool(self.texts) and all(self.texts.values())


class BrokenCatalogue(ValueError):
    """A .po file cannot be read; the message names file and line."""


def read(path: Path) -> list[Entry]:
    """Return the entries of a .po file, the header (empty msgid) first, obsolete ones left out."""
    return list(_entries(path))


def _entries(path: Path) -> Iterator[Entry]:
    entry: Entry | None = None
    is_fuzzy, keyword = False, ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            is_fuzzy = is_fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        if not line.startswith('"'):  # else the text of the line before goes on
            keyword, _, line = line.partition(" ")
            if keyword == "msgctxt" or (keyword == "msgid" and (entry is None or entry.texts)):
                if entry is not None:
                    yield entry
                entry, is_fuzzy = Entry(line=number, is_fuzzy=is_fuzzy), False
        if entry is None:
            raise BrokenCatalogue(f"{path}:{number}: text before the first msgid")
        _add(entry, keyword, _unquote(line, path, number), path, number)
    if entry is not None:
        yield entry


def _add(entry: Entry, keyword: str, text: str, path: Path, number: int) -> None:
    match keyword:
        case "msgctxt":
            entry.context = (entry.context or "") + text
        case "msgid":
            entry.msgid += text
        case "msgid_plural":
            entry.plural = (entry.plural or "") + text
        case "msgstr":
            entry.texts[0] = entry.texts.get(0, "") + text
        case _ if keyword.startswith("msgstr[") and keyword[7:-1].isdigit():
            index = int(keyword[7:-1])
            entry.texts[index] = entry.texts.get(index, "") + text
        case _:
            raise BrokenCatalogue(f"{path}:{number}: unknown keyword {keyword!r}")


def _unquote(text: str, path: Path, number: int) -> str:
    try:
        value = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str) or not text.strip().startswith('"'):
        raise BrokenCatalogue(f"{path}:{number}: expected a quoted text, got {text!r}")
    return value


def encode(entries: list[Entry]) -> bytes:
    """Return the .mo file of the translated entries, sorted by key as the format demands."""
    messages = {
        entry.key.encode(): PLURAL_SEPARATOR.join(
            entry.texts[index] for index in sorted(entry.texts)
        ).encode()
        for entry in entries
        if entry.is_translated
    }
    keys = sorted(messages)
    header_size, table_size = 28, 8 * len(keys)
    offset = header_size + 2 * table_size
    tables: list[bytes] = []
    for texts in (keys, [messages[key] for key in keys]):
        for text in texts:
            tables.append(struct.pack("<II", len(text), offset))
            offset += len(text) + 1
    header = struct.pack("<7I", MAGIC, 0, len(keys), header_size, header_size + table_size, 0, offset)
    body = b"".join(text + b"\0" for text in (*keys, *(messages[key] for key in keys)))
    return header + b"".join(tables) + body


def compile_all(root: Path) -> list[Path]:
    """Compile every catalogue under `root`/src; return the .mo files, rewritten only when they change."""
    compiled: list[Path] = []
    for source in sorted((root / "src").glob("**/locale/*/LC_MESSAGES/*.po")):
        target, content = source.with_suffix(".mo"), encode(read(source))
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)
        compiled.append(target)
    return compiled


if __name__ == "__main__":
    try:
        print(f"{len(compile_all(Path(__file__).resolve().parent))} catalogues compiled")
    except BrokenCatalogue as error:
        sys.exit(str(error))
