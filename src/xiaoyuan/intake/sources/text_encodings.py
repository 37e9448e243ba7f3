"""Telling the encoding of a text file from all its bytes: what could be two encodings is refused, not guessed."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from xiaoyuan.intake.sources.limits import MB
from xiaoyuan.intake.sources.refusals import Reason, Refusal

LONGEST_LINE: Final = MB

_BLOCK: Final = MB
_LIKELY: Final = 0.75
"""Share of characters of GB 2312: all of Chinese text but some names; anything else that is read as GBK has fewer."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_CHINESE: Final = re.compile(r"[\u2e80-\U0010ffff]")
_IN_A_ROW: Final = 2


def encoding_of(path: Path) -> str:
    """Return the name of the codec that reads all of the file; raises `Refusal`."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        _check_all(path, "utf-8-sig")
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _check_all(path, "utf-16")
        return "utf-16"
    try:
        has_foreign, has_chinese = _check_all(path, "utf-8")
    except UnicodeDecodeError:
        _check_likely(path)
        return "gb18030"
    if has_foreign and not has_chinese and _is_readable(path, "gb2312"):
        # A few Chinese characters in GBK look like accented letters in UTF-8.
        raise Refusal(Reason.ENCODING)
    return "utf-8"


def _check_all(path: Path, encoding: str) -> tuple[bool, bool]:
    """Say whether there are any but ASCII and any Chinese characters; without a mark a fault is the caller's."""
    decoder = codecs.getincrementaldecoder(encoding)()
    has_foreign = has_chinese = False
    try:
        for block, is_last in _blocks(path):
            text = decoder.decode(block, is_last)
            _check_controls(text)
            if not text.isascii():
                has_foreign = True
                has_chinese = has_chinese or _CHINESE.search(text) is not None
    except UnicodeDecodeError:
        if encoding == "utf-8":
            raise
        raise Refusal(Reason.ENCODING) from None
    return has_foreign, has_chinese


def _check_likely(path: Path) -> None:
    """Refuse what does not read like Chinese in GBK or GB 18030."""
    try:
        for block, _is_last in _blocks(path):
            text = block.decode("gb18030")
            _check_controls(text)
            foreign = len(_FOREIGN.findall(text))
            usual = len(text.encode("gb2312", "ignore")) - (len(text) - foreign)
            if usual < 2 * _LIKELY * foreign or any(map(_is_other_encoding, block.splitlines())):
                raise Refusal(Reason.ENCODING)
    except UnicodeDecodeError:
        raise Refusal(Reason.ENCODING) from None


def _is_other_encoding(line: bytes) -> bool:
    """Whether a line is UTF-8 in the middle of GBK: pasted from another file."""
    if line.isascii():
        return False
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    try:
        line.decode("gb2312")
    except UnicodeDecodeError:
        return len(_CHINESE.findall(text)) >= _IN_A_ROW
    return False


def _check_controls(text: str) -> None:
    if _CONTROLS.search(text):
        raise Refusal(Reason.NOT_A_WORKBOOK)


def _is_readable(path: Path, encoding: str) -> bool:
    try:
        for block, _is_last in _blocks(path):
            block.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Yield a file's bytes cut at ends of lines, and whether they are the last; refuse a line without end."""
    rest = b""
    with path.open("rb") as file:
        while part := file.read(_BLOCK):
            at = max(part.rfind(b"\n"), part.rfind(b"\r")) + 1
            if len(rest) + len(part[:at] or part) > LONGEST_LINE + _BLOCK or (
                not at and len(rest) >= LONGEST_LINE
            ):
                raise Refusal(Reason.LONG_CELL, line=0, limit=LONGEST_LINE)
            if not at:
                rest += part
                continue
            yield rest + part[:at], False
            rest = part[at:]
    yield rest, True
