"""PostgreSQL's row-level security as a second lock behind the access functions.

Tables of people are owned by one role and served by another. The serving role sees a row only when the
transaction's `xiaoyuan.scope` (division prefixes) or `xiaoyuan.households` (ids) holds it; `*` is for commands
that an operator runs on the machine. A forgotten filter then shows nothing instead of everything.
"""

from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import connection, connections

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.viewers import Viewer

APPEND_ONLY: Final = ("audit_auditentry", "audit_auditseal", "audit_changeentry")
"""Tables that the serving role may read and extend, never alter."""


def apply_scope(viewer: Viewer) -> None:
    """Open the viewer's part of the people tables for this transaction. A stranger's stays closed."""
    if connection.vendor != "postgresql" or not viewer.is_signed_in:
        return
    people, own = viewer.scope_for(Permission.VIEW_PEOPLE), viewer.scope_for(Permission.SIGNED_IN)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('xiaoyuan.scope', %s, true), set_config('xiaoyuan.households', %s, true)",
            [",".join(sorted(people.prefixes)), ",".join(str(key) for key in sorted(own.households))],
        )


def protect(tables: Iterable[tuple[str, str]], using: str) -> None:
    """Create the policies of `(table, household column or "")` pairs and the serving role's rights."""
    if connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        for table, household_column in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            cursor.execute(f'DROP POLICY IF EXISTS xiaoyuan_scope ON "{table}"')
            cursor.execute(
                f'CREATE POLICY xiaoyuan_scope ON "{table}" USING ({_condition(household_column)})'
            )
        if settings.SERVING_ROLE:
            _grant(cursor, settings.SERVING_ROLE)


def _condition(household_column: str) -> str:
    scope = "current_setting('xiaoyuan.scope', true)"
    condition = (
        f"{scope} = '*' OR EXISTS (SELECT 1 FROM unnest(string_to_array({scope}, ',')) AS prefix "
        "WHERE prefix <> '' AND starts_with(division_code, prefix))"
    )
    if household_column:
        condition += (
            f" OR {household_column}::text = "
            "ANY (string_to_array(current_setting('xiaoyuan.households', true), ','))"
        )
    return condition


def _grant(cursor, role: str) -> None:  # type: ignore[no-untyped-def]  # Django's cursor wrapper has no public type
    name = connection.ops.quote_name(role)
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
    for table in APPEND_ONLY:
        cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {name}')
