"""Loading a county: each engine prepared for a transaction that writes millions of rows.

PostgreSQL checks a deferred foreign key row by row at the commit; adding it again checks all rows with one join. SQLite
keeps two megabytes of its indexes in memory, and random keys of a county need hundreds.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, models

CACHE_MB: Final = 256


@contextmanager
def loading(tables: Iterable[type[models.Model]]) -> Iterator[None]:
    """Prepare the engine for very many rows of these tables; must run in a transaction. No tables: nothing is done.

    On PostgreSQL their foreign keys are dropped and added again at the end, so others wait for these tables meanwhile:
    this is for loading a county and not for a village's ledger. It is left out when the connection's role does not own
    them. A row that refers to nothing raises `IntegrityError` at the end, and the transaction takes everything back.
    """
    names = sorted({model._meta.db_table for model in tables})
    if not names:
        yield
    elif connection.vendor == "postgresql":
        with _keys_checked_afterwards(names):
            yield
    else:
        with _large_cache():
            yield


@contextmanager
def _keys_checked_afterwards(tables: list[str]) -> Iterator[None]:
    keys = _keys(tables)
    with connection.cursor() as cursor:
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        # The planner knows no statistics of rows that this transaction made and would read whole tables.
        cursor.execute("SET LOCAL enable_seqscan = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@contextmanager
def _large_cache() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        before = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA cache_size = -{CACHE_MB * 1024}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {before}")


def _keys(tables: list[str]) -> list[tuple[str, str, str]]:
    """Return table, name and definition of each foreign key that may be dropped, quoted for SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(c.oid) "
            "FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid JOIN pg_class r ON r.oid = confrelid "
            "WHERE contype = 'f' AND t.relname = ANY(%s) AND pg_has_role(t.relowner, 'USAGE') "
            "AND pg_has_role(r.relowner, 'USAGE') ORDER BY 1, 2",
            [tables],
        )
        return [(str(table), str(name), str(definition)) for table, name, definition in cursor.fetchall()]
