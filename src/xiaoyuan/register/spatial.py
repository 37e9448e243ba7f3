"""Shapes in two dialects: an R*Tree beside each table on SQLite, a generated PostGIS column on PostgreSQL.

The tables store WKB and four bounds, so that neither engine needs a driver's geometry type; what a box query
returns is a superset that shapely rechecks exactly where exactness matters. A row without a shape is in no index
and gets its entry when the shape arrives.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

import numpy as np
import shapely
from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error
from django.db import connections, models
from django.db.models.expressions import RawSQL

from xiaoyuan.register.models.base import PlaceRow

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

SRID: Final = 4490
Q = TypeVar("Q", bound="models.QuerySet[Any]")


def geometry_models() -> list[type[PlaceRow]]:
    """Return every table whose rows have a shape or will."""
    return [model for model in apps.get_models() if issubclass(model, PlaceRow)]


def shape_fields(geometry: Any) -> dict[str, Any]:
    """Return the column values (WKB and bounds) for one shapely geometry in degrees."""
    west, south, east, north = shapely.bounds(geometry)
    return {
        "wkb": shapely.to_wkb(geometry, output_dimension=2),
        "min_lon": float(west),
        "min_lat": float(south),
        "max_lon": float(east),
        "max_lat": float(north),
    }


def shapes(rows: Iterable[PlaceRow]) -> "np.ndarray[Any, np.dtype[np.object_]]":
    """Return the shapely geometries (n,) of rows, None where a row has no shape."""
    return np.asarray(shapely.from_wkb([None if row.wkb is None else bytes(row.wkb) for row in rows]))


def in_box(rows: Q, bounds: Bounds) -> Q:
    """Keep the rows whose bounds meet a box, through the spatial index of the engine."""
    table = rows.model._meta.db_table
    west, south, east, north = bounds
    if connections[rows.db].vendor == "postgresql":
        return rows.filter(
            pk__in=RawSQL(  # noqa: S611 - the table name is ours, values are bound
                f'SELECT id FROM "{table}" WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, {SRID})',
                (west, south, east, north),
            )
        )
    return rows.filter(
        pk__in=RawSQL(  # noqa: S611 - the table name is ours, values are bound
            f'SELECT id FROM "{table}_rtree" '
            "WHERE max_lon >= %s AND min_lon <= %s AND max_lat >= %s AND min_lat <= %s",
            (west, east, south, north),
        ),
        # The R*Tree rounds to 32-bit floats outwards: recheck against the exact bounds.
        max_lon__gte=west,
        min_lon__lte=east,
        max_lat__gte=south,
        min_lat__lte=north,
    )


def meeting(rows: "models.QuerySet[Any]", geometry: Any) -> list[Any]:
    """Return the rows whose shape really intersects a geometry (degrees)."""
    west, south, east, north = shapely.bounds(geometry)
    found = list(in_box(rows, (float(west), float(south), float(east), float(north))))
    shapely.prepare(geometry)
    kept = shapely.intersects(geometry, shapes(found)) if found else []
    return [row for row, keep in zip(found, kept, strict=True) if keep]


def ensure_indexes(package: AppConfig, using: str) -> None:
    """Create what is missing of a package's spatial indexes.

    Runs after each migration: altering a table on SQLite rebuilds it and drops its triggers silently.
    """
    connection = connections[using]
    present = set(connection.introspection.table_names())
    for model in package.get_models():
        if issubclass(model, PlaceRow) and model._meta.db_table in present:
            with connection.cursor() as cursor:
                for statement in _statements(model._meta.db_table, connection.vendor):
                    cursor.execute(statement)


def _statements(table: str, vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [
            f'ALTER TABLE "{table}" ADD COLUMN IF NOT EXISTS geom geometry '
            f"GENERATED ALWAYS AS (ST_GeomFromWKB(wkb, {SRID})) STORED",
            f'CREATE INDEX IF NOT EXISTS "{table}_geom" ON "{table}" USING gist (geom)',
        ]
    # An R*Tree takes NULL for 0: a row without a shape would lie in the Gulf of Guinea.
    entry = (
        f'INSERT OR REPLACE INTO "{table}_rtree" SELECT NEW.id, NEW.min_lon, NEW.max_lon, NEW.min_lat, NEW.max_lat '
        "WHERE NEW.min_lon IS NOT NULL"
    )
    return [
        # A trigger of an earlier version must not stay in the place of this one.
        *(f'DROP TRIGGER IF EXISTS "{table}_rtree_{event}"' for event in ("insert", "update", "delete")),
        f'CREATE VIRTUAL TABLE IF NOT EXISTS "{table}_rtree" USING rtree(id, min_lon, max_lon, min_lat, max_lat)',
        f'CREATE TRIGGER "{table}_rtree_insert" AFTER INSERT ON "{table}" BEGIN {entry}; END',
        f'CREATE TRIGGER "{table}_rtree_update" AFTER UPDATE OF min_lon, max_lon, min_lat, max_lat '
        f'ON "{table}" BEGIN DELETE FROM "{table}_rtree" WHERE id = OLD.id; {entry}; END',
        f'CREATE TRIGGER "{table}_rtree_delete" AFTER DELETE ON "{table}" BEGIN '
        f'DELETE FROM "{table}_rtree" WHERE id = OLD.id; END',
        # Rows written while a trigger was missing.
        f'INSERT OR REPLACE INTO "{table}_rtree" SELECT id, min_lon, max_lon, min_lat, max_lat FROM "{table}" '
        f'WHERE min_lon IS NOT NULL AND id NOT IN (SELECT id FROM "{table}_rtree")',
    ]


def check_indexes(using: str) -> list[CheckMessage]:
    """Report tables whose spatial index is missing (register.E001)."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    messages: list[CheckMessage] = []
    for model in geometry_models():
        table = model._meta.db_table
        if table in present and not _is_indexed(table, using):
            messages.append(
                Error(
                    f"The spatial index of {table} is missing or incomplete.",
                    hint="Run “xiaoyuan migrate”: it recreates the index.",
                    id="register.E001",
                )
            )
    return messages


def _is_indexed(table: str, using: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = %s", [f"{table}_geom"])
            return bool(cursor.fetchone()[0] == 1)
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{table}_rtree_%"]
        )
        return bool(cursor.fetchone()[0] == 3)
