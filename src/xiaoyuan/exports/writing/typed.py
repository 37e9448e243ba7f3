"""Types of columns in Parquet and GeoPackage."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from xiaoyuan.exports.sources import ExportField, FieldKind
from xiaoyuan.exports.writing.values import as_text

EXTRA_FIELD: Final = ExportField(
    "extra", "其他栏目", english="columns of imported files without a field, as JSON"
)
_TYPES: Final = {
    FieldKind.INTEGER: pa.int64(),
    FieldKind.DECIMAL: pa.float64(),
    FieldKind.DATE: pa.date32(),
    FieldKind.BOOLEAN: pa.bool_(),
}


def schema_of(fields: Sequence[ExportField]) -> pa.Schema:
    """Return the columns' names (the keys of the fields) and types; label and unit are kept with each."""
    return pa.schema(
        [
            pa.field(
                one.key,
                _TYPES.get(one.kind, pa.string()),
                metadata={"label": one.label, "english": one.english, "unit": one.unit},
            )
            for one in fields
        ]
    )


def typed(field: ExportField, value: Any) -> Any:
    """Return a value in the type of its column. A masked one that is no such thing any more is left out."""
    if value is None or value == "":
        return None
    if field.kind is FieldKind.INTEGER:
        return int(value) if isinstance(value, (int, Decimal)) else None
    if field.kind is FieldKind.DECIMAL:
        return float(value) if isinstance(value, (int, float, Decimal)) else None
    if field.kind is FieldKind.DATE:
        return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None
    if field.kind is FieldKind.BOOLEAN:
        return value if isinstance(value, bool) else None
    return as_text(value)
