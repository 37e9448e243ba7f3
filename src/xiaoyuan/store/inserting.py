"""Inserting many rows: COPY on PostgreSQL, a prepared statement on SQLite, ids reserved beforehand.

Django's bulk_create builds one expression a value and took two thirds of an import's time (docs/adr/0019).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import NOT_PROVIDED
from django.db.models.base import ModelState

_CHUNK: Final = 5000
_PLAIN: Final = (
    models.BooleanField,
    models.IntegerField,
    models.FloatField,
    models.DateField,
    models.BinaryField,
    models.TextField,
)
Convert = Callable[[Any], Any]
Row = TypeVar("Row", bound=models.Model)


def make(model: type[Row], **values: Any) -> Row:
    """Return a new object as the model's constructor would, several times faster. `values` by attribute name.

    Foreign keys are given by their ids. Names are not checked: give columns only.
    """
    row = model.__new__(model)
    state = row.__dict__
    state["_state"] = ModelState()
    for name, value, is_made in _template(model):
        state[name] = value() if is_made else value
    state.update(values)
    return row


@lru_cache(maxsize=64)
def _template(model: type[models.Model]) -> tuple[tuple[str, Any, bool], ...]:
    """Return the default of each column, and whether it is made anew for each row."""
    found = []
    for field in model._meta.concrete_fields:
        is_made = callable(field.default) and field.default is not NOT_PROVIDED
        found.append((field.attname, field.default if is_made else field.get_default(), is_made))
    return tuple(found)


def insert_objects(rows: Sequence[models.Model]) -> None:
    """Insert new objects of one model; they get their ids."""
    if not rows:
        return
    model = type(rows[0])
    columns = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    ids = insert_rows(model, columns, ([row.__dict__[name] for name in columns] for row in rows))
    for row, pk in zip(rows, ids, strict=True):
        row.pk = pk
        row._state.adding = False
        row._state.db = connection.alias


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    own_columns: Sequence[str] = (),
) -> list[int]:
    """Insert rows given as values in the order of `columns` (attribute names) and return their ids in order.

    Columns that are not named get their default, which must be the same for all. `own_columns` come last in each row
    and are no fields of the model: what the database is given of them is text.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    converts = [_convert(fields[name], connection.vendor) for name in columns]
    converts += [None] * len(own_columns)
    given = {*columns}
    constants = [
        (name, value if (convert := _convert(field, connection.vendor)) is None else convert(value))
        for name, field in fields.items()
        if name not in given and (value := _default(field)) is not None
    ]
    names = [_column(model._meta.pk), *(_column(fields[name]) for name in columns), *own_columns]
    names += [_column(fields[name]) for name, _value in constants]
    tail = tuple(value for _name, value in constants)
    busy = [(at, convert) for at, convert in enumerate(converts) if convert is not None]
    ids: list[int] = []
    with transaction.atomic():
        chunk: list[Sequence[Any]] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == _CHUNK:
                ids += _write(model, names, chunk, busy, tail)
                chunk = []
        if chunk:
            ids += _write(model, names, chunk, busy, tail)
    return ids


def _write(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    busy: Sequence[tuple[int, Convert]],
    tail: tuple[Any, ...],
) -> Sequence[int]:
    table = model._meta.db_table
    ids = _reserve(table, _column(model._meta.pk), len(rows))
    ready = []
    for pk, row in zip(ids, rows, strict=True):
        values = list(row)
        for at, convert in busy:
            value = values[at]
            if value is not None:
                values[at] = convert(value)
        ready.append((pk, *values, *tail))
    if connection.vendor == "postgresql":
        _copy(table, names, ready)
    else:
        marks = ",".join(["%s"] * len(names))
        with connection.cursor() as cursor:
            cursor.executemany(f'INSERT INTO "{table}" ({_quoted(names)}) VALUES ({marks})', ready)
    return ids


def _copy(table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active(%s::regclass)", [f'"{table}"'])
        target = table
        if cursor.fetchone()[0]:
            # COPY does not pass row security: the rows go through a table of this session, and INSERT checks them.
            target = f"{table}_arriving"
            cursor.execute(
                f'CREATE TEMPORARY TABLE IF NOT EXISTS "{target}" (LIKE "{table}") ON COMMIT DELETE ROWS'
            )
        with (
            connection.wrap_database_errors,
            cursor.copy(f'COPY "{target}" ({_quoted(names)}) FROM STDIN') as lines,
        ):
            for row in rows:
                lines.write_row(row)
        if target != table:
            cursor.execute(
                f'INSERT INTO "{table}" ({_quoted(names)}) SELECT {_quoted(names)} FROM "{target}"'
            )
            cursor.execute(f'TRUNCATE "{target}"')


def _reserve(table: str, key: str, count: int) -> Sequence[int]:
    """Take the next ids of a table, so that rows which refer to these can be made before they are read back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [_sequence(table, key), count]
            )
            return [row[0] for row in cursor.fetchall()]
        # The transaction holds SQLite's only write lock (transaction_mode IMMEDIATE): nobody takes the same ids.
        cursor.execute(
            f"SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0), "
            f'coalesce((SELECT max("{key}") FROM "{table}"), 0))',
            [table],
        )
        last = cursor.fetchone()[0]
    return range(last + 1, last + 1 + count)


def _column(field: Any) -> str:
    """Return the name of a column; django-stubs allow for models without a key and fields without a column."""
    assert field is not None, "every model here has a key"
    assert field.column, "these fields are columns"
    return str(field.column)


@lru_cache(maxsize=256)
def _sequence(table: str, key: str) -> str:
    """Return the sequence behind a table's key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', key])
        return str(cursor.fetchone()[0])


def _default(field: Any) -> Any:
    """Return the value of a field that is not given; the same for every row."""
    if field.default is UUID or getattr(field.default, "__name__", "") == "uuid4":
        raise ValueError(f"{field.name} differs for every row: name it")
    if field.default is NOT_PROVIDED:
        return "" if field.empty_strings_allowed and not field.null else None
    return field.get_default()


@lru_cache(maxsize=512)
def _convert(field: Any, vendor: str) -> Convert | None:
    """Return what makes a value ready for the engine's driver, None when it is so already. Values are never None."""
    if isinstance(field, models.ForeignKey):
        return None
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.UUIDField):
        return None if vendor == "postgresql" else _hex
    if isinstance(field, models.DateTimeField):
        return None if vendor == "postgresql" else _moment
    if isinstance(field, models.CharField) and not isinstance(field, models.FilePathField):
        return str if field.choices else None
    if isinstance(field, models.IntegerField) and field.choices:
        return int
    if isinstance(field, models.DateField) and vendor != "postgresql":
        return str
    if isinstance(field, _PLAIN):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def _json(value: Any) -> str:
    return ("{}" if isinstance(value, dict) else "[]") if value in ({}, []) else json.dumps(value)


def _hex(value: Any) -> str:
    return value.hex if isinstance(value, UUID) else UUID(str(value)).hex


@lru_cache(maxsize=64)
def _moment(value: datetime) -> str:
    return str(value.astimezone(UTC).replace(tzinfo=None))


def _quoted(names: Sequence[str]) -> str:
    return ",".join(f'"{name}"' for name in names)
