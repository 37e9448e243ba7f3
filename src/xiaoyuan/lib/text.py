"""Chinese text as search needs it: character bigrams and pinyin initials.

Full-text tokenizers of SQLite and PostgreSQL find nothing for words of two characters; emitting overlapping
bigrams (and the last character alone) ourselves gives the same exact answers on both engines.
"""

import re
import unicodedata
from typing import Final

from pypinyin import Style, lazy_pinyin

_WORD: Final = re.compile(r"[0-9a-z]+|[^\W0-9a-z_]", re.UNICODE)


def fold(text: str) -> str:
    """Return text in one spelling: NFKC (full-width forms), lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def bigrams(text: str) -> list[str]:
    """Return search tokens: Latin and digit runs whole, other scripts as overlapping pairs and single characters.

    >>> bigrams("双堰社区")
    ['双', '双堰', '堰', '堰社', '社', '社区', '区']
    """
    tokens: list[str] = []
    previous = ""
    for match in _WORD.finditer(fold(text)):
        token = match.group()
        if token[0].isascii():
            tokens.append(token)
            previous = ""
            continue
        if previous:
            tokens.append(previous + token)
        tokens.append(token)
        previous = token
    return tokens


def pinyin_initials(text: str) -> str:
    """Return the initials of each character: 张伟 -> zw; other letters and digits stay."""
    return "".join(lazy_pinyin(fold(text), style=Style.FIRST_LETTER)).replace(" ", "")


def pinyin(text: str) -> str:
    """Return the syllables without tones or spaces: 双堰 -> shuangyan."""
    return "".join(lazy_pinyin(fold(text))).replace(" ", "")
