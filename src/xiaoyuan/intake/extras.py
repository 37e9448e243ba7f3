"""Columns that nobody declared: which look personal, under which name the vault keeps them, what of them is shown."""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from xiaoyuan.intake.columns import fold_heading
from xiaoyuan.lib import id_number

EXAMPLES: Final = 3

_PERSONAL_HEADING: Final = re.compile(
    r"姓名|名字|联系人|监护人|责任人|帮扶人|电话|手机|微信|qq|邮箱|身份证|证件|残疾证|银行|卡号|账号|帐号|存折|一卡通|name|phone|mobile|idcard|bank"
)
# Digits may be written in groups, as people write telephones and cards: 139 0000 0000.
_PERSONAL_VALUE: Final = re.compile(
    r"(?<!\d)(1(?:[ -]?\d){10}|\d(?:[ -]?\d){14,18}|\d(?:[ -]?\d){16}[ -]?[xX])(?!\d)"
)
_IDENTITY: Final = re.compile(r"(?<!\d)(\d(?:[ -]?\d){16}[ -]?[\dxX])(?![\dxX])")
_MOBILE: Final = re.compile(r"(?<!\d)1[3-9](?:[ -]?\d){9}(?!\d)")
_GAPS: Final = re.compile(r"[ -]")


def is_personal_heading(heading: str) -> bool:
    """Whether a heading announces values that identify somebody."""
    return _PERSONAL_HEADING.search(fold_heading(heading)) is not None


def is_personal_value(text: str) -> bool:
    """Whether a text holds what may be a telephone, identity or card number."""
    return _PERSONAL_VALUE.search(text) is not None


def misplaced_number(text: str) -> str:
    """Return which number of a person a text of an open column holds: `id_number`, `phone` or "".

    Only what can be nothing else: an identity number whose check character is right, a mobile number among words.
    """
    for found in _IDENTITY.finditer(text):
        try:
            id_number.parse(_GAPS.sub("", found[1]))
        except id_number.IdNumberError:
            continue
        return "id_number"
    mobile = _MOBILE.search(text)
    return "phone" if mobile and any(map(str.isalpha, text)) else ""


def extra_field(heading: str) -> str:
    """Return the vault's field name (at most 40 characters) for an unknown personal column."""
    if len(heading) <= 34:
        return f"extra:{heading}"
    return f"extra:{heading[:25]}~{hashlib.sha256(heading.encode()).hexdigest()[:8]}"


def examples(texts: Iterable[str], *, is_personal: bool) -> tuple[str, ...]:
    """Return up to three different values, masked when personal: the first character, and the last two of numbers."""
    shown = dict.fromkeys(masked(text) if is_personal or is_personal_value(text) else text for text in texts)
    return tuple(text[:40] for text in list(shown)[:EXAMPLES])


def masked(text: str) -> str:
    """Return a text of which only so much is left that its kind can be told: `张**`, `99**************27`."""
    if len(text) > 8:
        return text[:2] + "*" * (len(text) - 4) + text[-2:]
    return text[:1] + "*" * max(1, len(text) - 1)
