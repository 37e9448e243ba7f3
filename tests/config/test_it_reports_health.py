"""Whether the service lives and may be trusted, and who may read its counters."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import SYSTEM


def problems(client: Client) -> list[str]:
    answer = client.get("/readyz")
    assert answer.status_code == (503 if answer.json()["problems"] else 200)
    found: list[str] = answer.json()["problems"]
    return found


def test_it_lives_without_asking_the_database(
    db: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_a_database_that_is_gone_is_a_problem_not_a_fault(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the database mark: any other query of the request would fail this test."""

    class Gone:
        def cursor(self) -> None:
            raise OperationalError("connection refused at 10.0.0.1")

    monkeypatch.setattr("xiaoyuan.config.health.connection", Gone())
    assert problems(client) == ["database"]
    assert b"10.0.0.1" not in client.get("/readyz").content


def test_it_is_ready(db: None, client: Client) -> None:
    assert problems(client) == []


def test_a_sealer_that_stands_still_is_a_problem(db: None, client: Client) -> None:
    record_audit(actor=SYSTEM, now=timezone.now() - timedelta(seconds=30), action="test.recent")
    assert problems(client) == []
    record_audit(actor=SYSTEM, now=timezone.now() - timedelta(seconds=90), action="test.old")
    assert problems(client) == ["unsealed"]


def test_a_missing_key_file_is_a_problem(
    db: None, client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.VAULT_KEY_FILE, settings.VAULT_CREATE_KEYS = tmp_path / "master.json", False
    assert problems(client) == ["key_file"]
    assert str(tmp_path) not in client.get("/readyz").content.decode()


def test_a_migration_that_was_not_applied_is_a_problem(db: None, client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="twin").latest("pk").delete()
    assert problems(client) == ["migrations"]


@pytest.mark.parametrize(
    ("header", "status"), [("Bearer s3cret-of-the-settings", 200), ("Bearer wrong", 302), ("", 302)]
)
def test_counters_are_for_those_who_hold_the_token(
    db: None, client: Client, settings: Settings, header: str, status: int
) -> None:
    settings.METRICS_TOKEN = "s3cret-of-the-settings"
    answer = client.get("/metrics", headers={"authorization": header})
    assert answer.status_code == status
    assert (b"xiaoyuan_requests_total" in answer.content) == (status == 200)


def test_no_token_in_the_settings_opens_nothing(db: None, client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 302
