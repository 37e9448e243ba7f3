"""PostgreSQL's row-level security as a second lock behind the access functions.

Tables of people are owned by one role and served by another. The serving role sees a row only when the
transaction's `xiaoyuan.scope` (division prefixes) or `xiaoyuan.households` (ids) holds it; `*` is for commands
that an operator runs on the machine. A forgotten filter then shows nothing instead of everything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection, connections

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.viewers import Viewer

APPEND_ONLY: Final = ("audit_auditentry", "audit_auditseal", "audit_changeentry")
"""Tables that the serving role may read and extend, never alter."""
OPEN: Final = "-c xiaoyuan.scope=*"
"""Connection option of commands (in the settings): all rows."""
CLOSED: Final = "-c xiaoyuan.scope="
"""Connection option of a worker that serves: no row until a request opens some."""


def close_new_connections() -> None:
    """Make every connection that this process opens from now on see no row until a request opens some."""
    for database in connections.settings.values():
        if database["OPTIONS"].get("options") == OPEN:
            database["OPTIONS"]["options"] = CLOSED


def apply_scope(viewer: Viewer) -> None:
    """Open the viewer's part of the people tables for this transaction; a stranger's is nothing."""
    # Outside a transaction it would be forgotten at once; such a view opens rows itself, in one of its own.
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    people, own = viewer.scope_for(Permission.VIEW_PEOPLE), viewer.scope_for(Permission.SIGNED_IN)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('xiaoyuan.scope', %s, true), set_config('xiaoyuan.households', %s, true)",
            [",".join(sorted(people.prefixes)), ",".join(str(key) for key in sorted(own.households))],
        )


@dataclass(frozen=True)
class PeopleTable:
    """A table of people: the column that names a household and the one that names a person, "" for none.

    `public_column` says of single rows that they are of no person and anybody may see them.
    """

    name: str
    household_column: str = ""
    person_column: str = ""
    public_column: str = ""


def protect(tables: Iterable[PeopleTable], memberships: str, using: str) -> None:
    """Create the policies of tables and the serving role's rights.

    `memberships` is the table by which a person belongs to a household: a resident sees who lives in their own.
    """
    if connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table.name}" ENABLE ROW LEVEL SECURITY')
            cursor.execute(f'DROP POLICY IF EXISTS xiaoyuan_scope ON "{table.name}"')
            # Without a WITH CHECK the same condition holds for what is written.
            cursor.execute(
                f'CREATE POLICY xiaoyuan_scope ON "{table.name}" USING ({_condition(table, memberships)})'
            )
        if settings.SERVING_ROLE:
            _grant(cursor, settings.SERVING_ROLE)


def _condition(table: PeopleTable, memberships: str) -> str:
    scope = "current_setting('xiaoyuan.scope', true)"
    own = "ANY (string_to_array(current_setting('xiaoyuan.households', true), ','))"
    condition = (
        f"{scope} = '*' OR EXISTS (SELECT 1 FROM unnest(string_to_array({scope}, ',')) AS prefix "
        "WHERE prefix <> '' AND starts_with(division_code, prefix))"
    )
    if table.public_column:
        condition += f" OR {table.public_column}"
    if table.household_column:
        condition += f" OR {table.household_column}::text = {own}"
    if table.person_column:
        condition += (
            f' OR EXISTS (SELECT 1 FROM "{memberships}" AS own WHERE own.until IS NULL '
            f'AND own.person_id = "{table.name}".{table.person_column} AND own.household_id::text = {own})'
        )
    return condition


def _grant(cursor, role: str) -> None:  # type: ignore[no-untyped-def]  # Django's cursor wrapper has no public type
    name = connection.ops.quote_name(role)
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
    for table in APPEND_ONLY:
        cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {name}')
