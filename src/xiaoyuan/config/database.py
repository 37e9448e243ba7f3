"""What migrations cannot say: where primary keys start, and the spatial indexes of each engine."""

from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.management import CommandError
from django.db import connection, connections, models
from django.utils.translation import gettext as _

from xiaoyuan.accounts import row_security
from xiaoyuan.accounts.row_security import PeopleTable
from xiaoyuan.fieldwork.models.forms import FormAnswer
from xiaoyuan.points.models import PointAppeal, PointEntry, PointPosting
from xiaoyuan.register import spatial
from xiaoyuan.register.models import (
    ContractedParcel,
    CropRecord,
    DistinctPersons,
    Dwelling,
    Employment,
    Household,
    IncomeRecord,
    LivestockRecord,
    Membership,
    Person,
    PolicyTag,
    Residence,
)
from xiaoyuan.search.index import ensure_index
from xiaoyuan.search.models import SearchEntry

KEY_SHIFT: Final = 37
"""Primary keys start at deployment number << 37: 16 bits of deployment, all below 2^53 for JavaScript."""

_ORDER: Final = "SELECT '520502103' < '520502:'"
"""Ranges of division codes end with a colon, the character after 9 in ASCII; languages put it before the digits."""


def first_key() -> int:
    """Return the first primary key of this deployment."""
    return (settings.DEPLOYMENT_NUMBER << KEY_SHIFT) + 1


def before_migrate(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Refuse a PostgreSQL database whose order of text is not that of codes (Django's pre_migrate)."""
    if sender.label != "config" or connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(_ORDER)
        if not cursor.fetchone()[0]:
            raise CommandError(
                "This database orders text by a language: what lies below a division would not be found. Make it "
                "with CREATE DATABASE … TEMPLATE template0 LOCALE 'C.UTF-8'."
            )


def after_migrate(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """Start keys and recreate spatial indexes of one package (Django's post_migrate, once a package)."""
    if sender.name.startswith("xiaoyuan."):
        start_keys(sender, using)
        spatial.ensure_indexes(sender, using)
        ensure_index(sender, using)
    if sender.label == "register":
        row_security.protect(people_tables(), Membership._meta.db_table, using)


def require_people() -> None:
    """Raise `CommandError` when this connection sees no people although a command must see all of them.

    A pooler may drop the connection's options: counting afresh would then find an empty county.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('xiaoyuan.scope', true)")
        if cursor.fetchone()[0] != "*":
            raise CommandError(
                _(
                    "This connection to the database sees no people: a pooler dropped its options. Give commands the "
                    "address of the server itself in XIAOYUAN_DATABASE_URL."
                )
            )


def people_tables() -> list[PeopleTable]:
    """Return the tables that hold people, with the columns that name a household and a person."""
    return [
        PeopleTable(Household._meta.db_table, household_column="id"),
        PeopleTable(Membership._meta.db_table, household_column="household_id"),
        PeopleTable(Person._meta.db_table, person_column="id"),
        PeopleTable(Residence._meta.db_table, person_column="person_id"),
        PeopleTable(PolicyTag._meta.db_table, household_column="household_id", person_column="person_id"),
        PeopleTable(DistinctPersons._meta.db_table),
        PeopleTable(SearchEntry._meta.db_table, public_column="is_public"),
        PeopleTable(Employment._meta.db_table, person_column="person_id"),
        *(
            PeopleTable(model._meta.db_table, household_column="household_id")
            for model in (Dwelling, ContractedParcel, CropRecord, LivestockRecord, IncomeRecord)
        ),
        # The notice is public and masked while it hangs.
        PeopleTable(PointEntry._meta.db_table, household_column="household_id", public_column="is_public"),
        PeopleTable(PointPosting._meta.db_table, household_column="household_id"),
        PeopleTable(PointAppeal._meta.db_table, household_column="household_id"),
        PeopleTable(FormAnswer._meta.db_table, household_column="household_id"),
    ]


def start_keys(package: AppConfig, using: str) -> None:
    """Raise the next key of each table of a package to this deployment's range; never lowers one."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    for model in package.get_models():
        table = model._meta.db_table
        if table not in present or not isinstance(model._meta.pk, models.AutoField):
            continue
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT %s, 0 "
                    "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = %s)",
                    [table, table],
                )
                cursor.execute(
                    "UPDATE sqlite_sequence SET seq = max(seq, %s) WHERE name = %s", [first_key() - 1, table]
                )
            else:
                cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [f'"{table}"'])
                sequence = cursor.fetchone()[0]
                cursor.execute(f"SELECT last_value FROM {sequence}")
                if cursor.fetchone()[0] < first_key():
                    cursor.execute("SELECT setval(%s, %s, false)", [sequence, first_key()])
