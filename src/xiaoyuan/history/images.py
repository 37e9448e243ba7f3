"""Whole rows as they lie in the database: read, turned into bytes and back without losing a digit or a type."""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import models

Image = dict[str, Any]
"""One row: values by attname, all columns of its table."""

LOOK_UP: Final = 500
"""Values in one IN (…)."""
VERSION: Final = "row_version"
"""The column that counts the changes of a row, where a table has one."""
TOUCHED: Final = "updated_at"


def label_of(model: type[models.Model]) -> str:
    """Return the name under which a table is known: `register.person`."""
    return model._meta.label_lower


def model_of(label: str) -> type[models.Model]:
    """Return the model of a label."""
    return apps.get_model(label)


def columns_of(model: type[models.Model]) -> list[str]:
    """Return the attnames of all columns."""
    return [field.attname for field in model._meta.concrete_fields]


def has_version(model: type[models.Model]) -> bool:
    """Whether the table counts the changes of a row."""
    return VERSION in columns_of(model)


def parts_of(items: Iterable[Any], size: int = LOOK_UP) -> Iterator[list[Any]]:
    """Yield lists of at most `size` items."""
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def read_images(model: type[models.Model], ids: Iterable[int]) -> dict[int, Image]:
    """Return the rows that exist, whole, by primary key."""
    columns = columns_of(model)
    key = columns.index(model._meta.pk.attname)
    found: dict[int, Image] = {}
    for part in parts_of(ids):
        # The base manager: an image is taken for the write itself, which the access functions let through.
        for values in model._base_manager.filter(pk__in=part).values_list(*columns):
            found[values[key]] = dict(zip(columns, map(_plain, values), strict=True))
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def insert_images(model: type[models.Model], images: Iterable[Image]) -> None:
    """Write rows with all their columns, keys included."""
    for part in parts_of(images, 200):
        model._base_manager.bulk_create([model(**image) for image in part])


def digest(image: Mapping[str, Any]) -> str:
    """Return a short fingerprint of a row, for tables that do not count changes."""
    text = json.dumps([_written(value) for value in image.values()], sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def pack(value: Any) -> bytes:
    """Turn lists of values into bytes. Values: None, bool, int, float, str, Decimal, dates, UUID, bytes, JSON."""
    return zlib.compress(json.dumps(_written(value), separators=(",", ":")).encode(), 3)


def unpack(packed: bytes) -> Any:
    """Undo `pack`."""
    return _read(json.loads(zlib.decompress(packed)))


def pack_images(model: type[models.Model], images: Sequence[Image]) -> bytes:
    """Turn rows of one table into bytes; the columns stand once."""
    columns = columns_of(model)
    return pack([columns, [[image[name] for name in columns] for image in images]])


def unpack_images(packed: bytes) -> list[Image]:
    """Undo `pack_images`."""
    columns, rows = unpack(packed)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _written(value: Any) -> Any:
    """Return a value in JSON: lists stay lists, what JSON does not know is an object with one key, its type."""
    if value is None or isinstance(value, bool | str | int | float):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, list | tuple):
        return [_written(one) for one in value]
    if isinstance(value, dict):
        return {"json": value}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    raise TypeError(f"A column of type {type(value).__name__} has no image.")


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(one) for one in value]
    if not isinstance(value, dict):
        return value
    ((kind, written),) = value.items()
    match kind:
        case "json":
            return written
        case "moment":
            return datetime.fromisoformat(written)
        case "date":
            return date.fromisoformat(written)
        case "time":
            return time.fromisoformat(written)
        case "decimal":
            return Decimal(written)
        case "uuid":
            return UUID(hex=written)
        case _:
            return base64.b64decode(written)
