"""Fields of exports: the headings are those of the ledgers that come in, so that what went out can come back."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from xiaoyuan.exports.sources import ExportField, FieldKind
from xiaoyuan.intake.columns import Column
from xiaoyuan.lib import id_number

TEXT, CODE, INTEGER, DECIMAL, DATE, BOOLEAN = (
    FieldKind.TEXT,
    FieldKind.CODE,
    FieldKind.INTEGER,
    FieldKind.DECIMAL,
    FieldKind.DATE,
    FieldKind.BOOLEAN,
)


def mask_phone(text: str) -> str:
    """Return a phone number of which the first three and last two digits show."""
    return f"{text[:3]}{'*' * (len(text) - 5)}{text[-2:]}" if len(text) > 7 else "****"


def mask_account(text: str) -> str:
    """Return an account of which the last four digits show."""
    return f"{'*' * max(4, len(text) - 4)}{text[-4:]}" if len(text) > 8 else "****"


MASKS = {"id_number": id_number.mask, "phone": mask_phone, "bank_account": mask_account}


def field(
    key: str,
    label: str,
    english: str,
    kind: FieldKind = TEXT,
    *,
    aliases: tuple[str, ...] = (),
    unit: str = "",
    codes: Mapping[Any, str] | None = None,
    is_merged_down: bool = False,
) -> ExportField:
    """Return a field; a key that names a personal value brings its mask along."""
    return ExportField(
        key=key,
        label=label,
        aliases=aliases,
        mask=MASKS.get(key),
        kind=kind,
        english=english,
        unit=unit,
        codes={str(code): word for code, word in (codes or {}).items()},
        is_merged_down=is_merged_down,
    )


def with_headings(fields: Iterable[ExportField], columns: Iterable[Column]) -> tuple[ExportField, ...]:
    """Return the fields with the headings that the ledger's columns of the same key are known by."""
    known = {column.key: column for column in columns}
    found = []
    for one in fields:
        column = known.get(one.key)
        names = () if column is None else (column.label, *column.aliases)
        found.append(
            ExportField(**{**_values(one), "aliases": tuple(dict.fromkeys((*one.aliases, *names)))})
            if names
            else one
        )
    return tuple(found)


def _values(one: ExportField) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def yuan(amount_fen: int | None) -> Decimal | None:
    """Return an amount of fen in yuan, exactly."""
    return None if amount_fen is None else Decimal(amount_fen) / 100
