"""Loading a county: foreign keys set aside while very many rows go in, and checked all at once afterwards.

PostgreSQL checks a deferred foreign key row by row at the commit; adding it again checks all rows with one join.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, models


@contextmanager
def checked_afterwards(tables: Iterable[type[models.Model]]) -> Iterator[None]:
    """Drop the foreign keys of tables and add them again at the end; must run in a transaction.

    Others wait for these tables meanwhile, so this is for loading a county and not for a village's ledger. Nothing is
    done on SQLite, or when the connection's role does not own the tables. A row that refers to nothing raises
    `IntegrityError` at the end, and the transaction takes everything back.
    """
    names = sorted({model._meta.db_table for model in tables})
    keys = _keys(names) if connection.vendor == "postgresql" and names else []
    with connection.cursor() as cursor:
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        if keys:
            # The planner knows no statistics of rows that this transaction made and would read whole tables.
            cursor.execute("SET LOCAL enable_seqscan = off")
    yield
    with connection.cursor() as cursor:
        if keys:
            cursor.execute("SET LOCAL enable_seqscan = on")
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


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
