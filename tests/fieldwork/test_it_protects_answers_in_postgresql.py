"""PostgreSQL keeps filled forms from whoever has no right in their village, and lets a grid worker write there."""

import pytest
from django.conf import settings as django_settings
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from tests.accounts.matrix_forms import answer_in, form_in
from tests.accounts.test_it_locks_rows_in_postgresql import SERVER, clerk, serving
from tests.cast import OWN, SIBLING, Cast
from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.row_security import apply_scope, protect
from xiaoyuan.accounts.viewers import HeldGrant
from xiaoyuan.config.database import people_tables
from xiaoyuan.fieldwork.form_actions import About, fill_form
from xiaoyuan.fieldwork.form_queries import version_in_use
from xiaoyuan.fieldwork.models.forms import FormAnswer
from xiaoyuan.register.models import Membership


def visible() -> list[str]:
    rows = FormAnswer.objects.unscoped("the database filters here")
    return sorted(rows.values_list("division_code", flat=True))


def test_filled_forms_are_among_the_protected_tables() -> None:
    assert FormAnswer._meta.db_table in {table.name for table in people_tables()}


if "postgresql" in django_settings.DATABASES["default"]["ENGINE"]:

    @pytest.fixture
    def server_role(cast: Cast, settings: Settings) -> None:
        for name in ("own", "sibling"):
            answer_in(cast.places[name])
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE IF EXISTS {SERVER}")
            cursor.execute(f"CREATE ROLE {SERVER} NOLOGIN")
            cursor.execute(f"GRANT {SERVER} TO CURRENT_USER")
            # The cast was written in this transaction: what waits for its end is checked now.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        settings.SERVING_ROLE = SERVER
        protect(people_tables(), Membership._meta.db_table, "default")

    def test_only_the_own_villages_answers_are_seen_and_written(cast: Cast, server_role: None) -> None:
        assert visible() == [OWN, SIBLING]
        with serving():
            assert visible() == []
        grid_worker = clerk(HeldGrant(Role.GRID_WORKER, ScopeKind.DIVISION, OWN))
        with serving():
            apply_scope(grid_worker)
            assert visible() == [OWN]
            version = version_in_use(form_in(cast.own))
            assert version is not None
            fill_form(
                version=version,
                raw={"q1": "柴"},
                about=About(OWN),
                actor=grid_worker.actor,
                now=timezone.now(),
            )
            assert visible() == [OWN, OWN]
            foreign = FormAnswer.objects.unscoped("a test").first()
            assert foreign is not None
            foreign.pk, foreign.division_code = None, SIBLING
            with pytest.raises(ProgrammingError), transaction.atomic():
                foreign.save()
