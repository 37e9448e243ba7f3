"""The serving role of PostgreSQL sees no person unless the transaction opened their division."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, transaction
from pytest_django import Settings

from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.row_security import apply_scope, protect
from xiaoyuan.accounts.viewers import THE_STRANGER, HeldGrant, Viewer
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.config.database import people_tables, require_people
from xiaoyuan.register.models import County, Household, Membership, Person

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HERE, THERE = "990001001001", "990001001002"
SERVER = "xiaoyuan_test_server"


def make_villages() -> None:
    county = County.objects.create(code="990001", name="test county")
    for code in (HERE, THERE):
        Household.objects.create(
            county=county, division_code=code, household_no="1", created_at=NOW, updated_at=NOW
        )


@contextmanager
def serving() -> Iterator[None]:
    """Act as the serving role with an empty scope, as a worker process does."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {SERVER}")
        cursor.execute("SELECT set_config('xiaoyuan.scope', '', true)")
        yield
        cursor.execute("RESET ROLE")


@pytest.fixture
def server_role(db: None, settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE IF EXISTS {SERVER}")
        cursor.execute(f"CREATE ROLE {SERVER} NOLOGIN")
        cursor.execute(f"GRANT {SERVER} TO CURRENT_USER")
    settings.SERVING_ROLE = SERVER
    protect(people_tables(), Membership._meta.db_table, "default")
    make_villages()


def visible() -> list[str]:
    return sorted(
        Household.objects.unscoped("the database filters here").values_list("division_code", flat=True)
    )


def clerk(*grants: HeldGrant) -> Viewer:
    return Viewer(Actor(1, "clerk"), "clerk", grants)


def test_sqlite_needs_no_lock_of_its_own(db: None) -> None:
    """One process owns the file; on PostgreSQL a stranger's scope is never widened either."""
    make_villages()
    apply_scope(clerk())
    assert visible() == [HERE, THERE]


FORKED = """
import os
import django
django.setup()
from django.db import connections
if os.fork() == 0:
    import xiaoyuan.config.wsgi
    print(connections["default"].settings_dict["OPTIONS"]["options"], flush=True)
    os._exit(0)
os.wait()
print(connections["default"].settings_dict["OPTIONS"]["options"])
"""


def test_a_forked_worker_opens_nothing_by_itself() -> None:
    """granian forks its workers from the command, whose connections see all rows."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "xiaoyuan.config.settings",
        "XIAOYUAN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    done = subprocess.run(
        [sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["-c xiaoyuan.scope=", "-c xiaoyuan.scope=*"]


if "postgresql" in django_settings.DATABASES["default"]["ENGINE"]:

    class TestRowSecurity:
        def test_the_owner_sees_all_and_the_server_nothing(self, server_role: None) -> None:
            assert visible() == [HERE, THERE]
            with serving():
                assert visible() == []

        def test_a_grant_opens_its_division_only(self, server_role: None) -> None:
            with serving():
                apply_scope(clerk(HeldGrant(Role.VILLAGE_CLERK, ScopeKind.DIVISION, HERE)))
                assert visible() == [HERE]

        def test_a_resident_sees_their_own_household_only(self, server_role: None) -> None:
            own = Household.objects.unscoped("test").get(division_code=THERE)
            with serving():
                apply_scope(clerk(HeldGrant(Role.RESIDENT, ScopeKind.HOUSEHOLD, str(own.pk))))
                assert visible() == [THERE]

        def test_a_resident_sees_the_people_of_their_own_household(self, server_role: None) -> None:
            rows = {}
            for own in Household.objects.unscoped("test"):
                home = {"county_id": own.county_id, "division_code": own.division_code}
                dates = {"created_at": NOW, "updated_at": NOW}
                person = Person.objects.create(name="test", **home, **dates)
                Membership.objects.create(
                    household=own, person=person, relation_to_head="02", **home, **dates
                )
                rows[own.division_code] = (own.pk, person.pk)
            household, member = rows[THERE]
            with serving():
                apply_scope(clerk(HeldGrant(Role.RESIDENT, ScopeKind.HOUSEHOLD, str(household))))
                assert list(Person.objects.unscoped("test").values_list("pk", flat=True)) == [member]
            with serving():
                apply_scope(clerk())
                assert not Person.objects.unscoped("test").exists()

        def test_a_stranger_closes_what_the_connection_opened(self, server_role: None) -> None:
            with serving(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('xiaoyuan.scope', '*', true)")
                assert visible() == [HERE, THERE]
                apply_scope(THE_STRANGER)
                assert visible() == []

        def test_the_server_cannot_write_outside_its_scope(self, server_role: None) -> None:
            county = County.objects.get()
            outside = Household(
                county=county, division_code=THERE, household_no="2", created_at=NOW, updated_at=NOW
            )
            with serving():
                apply_scope(clerk(HeldGrant(Role.VILLAGE_CLERK, ScopeKind.DIVISION, HERE)))
                with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                    outside.save()

        def test_the_server_cannot_alter_the_audit_log(self, server_role: None) -> None:
            record_audit(actor=SYSTEM, now=NOW, action="test")
            with (
                pytest.raises(ProgrammingError, match="permission denied for table"),
                serving(),
                connection.cursor() as cursor,
            ):
                cursor.execute("UPDATE audit_auditentry SET action = 'forged'")

        def test_a_command_behind_a_pooler_that_drops_options_is_refused(self, server_role: None) -> None:
            require_people()
            with pytest.raises(CommandError), serving():
                require_people()
