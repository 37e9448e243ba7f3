"""Values on their way into a file: masked where they must be, and never read as a formula by whoever opens it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from xiaoyuan.exports.sources import EXTRA, ExportField, FieldKind
from xiaoyuan.vault.masked import MASK, Masked

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_EPOCH: Final = date(1899, 12, 30)
_LONGEST_NUMBER: Final = 9
LONGEST_TEXT: Final = 32_767
"""Characters that a cell of a workbook holds."""


def looks_like_formula(text: str) -> bool:
    """Whether a program that opens a table might run a text: one of = + - @ first, full-width forms included."""
    return text.lstrip(" \u3000\u00a0").startswith(_FORMULA_SIGNS) or text.startswith(_FORMULA_SIGNS)


def shown(field: ExportField, value: Any, *, is_masked: bool) -> Any:
    """Return a value as it may leave: personal values arrive as `Masked` or under a field with a mask."""
    if value is None or value == "":
        return None
    is_personal = isinstance(value, Masked)
    plain = value.reveal() if is_personal else value
    if not is_masked:
        return plain
    if field.mask is not None:
        return field.mask(str(plain))
    return MASK if is_personal else plain


def as_text(value: Any) -> str:
    """Return a value as a table of text writes it: dates as 2026-11-23, 是 and 否, numbers without trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, float):
        return repr(value)
    return str(value)


def plain_number(value: Decimal) -> str:
    """Return a decimal number without exponent and trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def csv_text(value: Any) -> str:
    """Return a value for CSV; what a program might run gets an apostrophe before it, negative numbers stay numbers."""
    text = as_text(value)
    if isinstance(value, str) and looks_like_formula(text):
        return f"'{text}"
    return text


def serial_date(value: date) -> int:
    """Return the number by which a workbook keeps a day (1900 system)."""
    return (value if not isinstance(value, datetime) else value.date()).toordinal() - _EPOCH.toordinal()


def number_in(field: ExportField, value: Any) -> str | None:
    """Return a value as a workbook's number, or None when it must stay a text: digits that are codes do."""
    if isinstance(value, bool) or field.kind is FieldKind.CODE:
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str) and field.key.startswith(EXTRA):
        return _number_as_written(value)
    return None


def _number_as_written(text: str) -> str | None:
    """Columns without a field are kept as text; one that can only have been a number becomes one again."""
    if len(text) > _LONGEST_NUMBER or not text.isascii():
        return None
    whole, _dot, rest = text.removeprefix("-").partition(".")
    if not whole.isdigit() or (len(whole) > 1 and whole[0] == "0"):
        return None
    return text if not _dot or (rest.isdigit() and not rest.endswith("0")) else None


def leaving(
    fields: list[ExportField], rows: Iterator[Mapping[str, Any]], *, is_masked: bool
) -> Iterator[list[Any]]:
    """Yield each row's values in the order of the fields, as they may leave."""
    for row in rows:
        yield [shown(field, row.get(field.key), is_masked=is_masked) for field in fields]
