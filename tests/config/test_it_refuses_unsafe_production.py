"""A production deployment does not pass its checks until keys, hosts and addresses are its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import override
from pytest_django import Settings

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires
from xiaoyuan.config import checks, database
from xiaoyuan.vault.keys import create_key_file


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a deployment that passes."""
    settings.IS_DEMO = False
    settings.SECRET_KEY = "k" * 60
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["village.example.cn"]
    settings.IS_HTTPS = True
    settings.VAULT_KEY_FILE = tmp_path / "master.json"
    settings.PLATE_BASE_URL = "https://p.example.cn"
    create_key_file(settings.VAULT_KEY_FILE)
    return settings


def ids() -> list[str]:
    return [message.id or "" for message in checks.check_production(None)]


def test_a_safe_deployment_passes(production: Settings) -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda s: setattr(s, "SECRET_KEY", "short"), "config.E010"),
        (lambda s: setattr(s, "SECRET_KEY", "demo-only" * 10), "config.E010"),
        (lambda s: setattr(s, "DEBUG", True), "config.E011"),
        (lambda s: setattr(s, "ALLOWED_HOSTS", []), "config.E012"),
        (lambda s: setattr(s, "ALLOWED_HOSTS", ["*"]), "config.E012"),
        (lambda s: setattr(s, "IS_HTTPS", False), "config.E013"),
        (lambda s: s.VAULT_KEY_FILE.unlink(), "config.E014"),
        (lambda s: s.VAULT_KEY_FILE.chmod(0o644), "config.E015"),
        (lambda s: setattr(s, "PLATE_BASE_URL", "http://p.example.cn"), "config.E016"),
        (lambda s: setattr(s, "PLATE_BASE_URL", "https://a-very-long-name.example.cn"), "config.E016"),
    ],
)
def test_each_fault_is_named(
    production: Settings, spoil: Callable[[Settings], object], expected: str
) -> None:
    spoil(production)
    assert ids() == [expected]


def test_a_missing_plate_address_is_named_at_set_up_only(production: Settings) -> None:
    assert checks.check_plate_address(None) == []
    production.PLATE_BASE_URL = ""
    assert ids() == []
    assert [message.id for message in checks.check_plate_address(None)] == ["config.W001"]


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def test_every_route_declares_a_permission() -> None:
    assert checks.check_routes(None) == []


def test_an_undeclared_route_fails_start_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = [path("fine/", requires(Permission.PUBLIC)(answer)), path("bare/", answer)]
    monkeypatch.setattr(checks, "routes", lambda: [(str(p.pattern), p.callback) for p in patterns])
    assert [message.id for message in checks.check_routes(None)] == ["config.E001"]


def test_a_demo_is_served_on_this_machine_only(settings: Settings) -> None:
    settings.IS_DEMO = True
    with override("en"), pytest.raises(CommandError, match="this machine only"):
        call_command("serve", host="0.0.0.0")


@pytest.mark.parametrize("number", ["0", "65536", "-1"])
def test_a_deployment_number_of_more_than_16_bits_is_refused(number: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import xiaoyuan.config.settings"],
        env=os.environ | {"XIAOYUAN_DEPLOYMENT_NUMBER": number},
        capture_output=True,
        text=True,
    )
    assert "must lie between 1 and 65535" in done.stderr


if "postgresql" in django_settings.DATABASES["default"]["ENGINE"]:

    def test_a_database_that_orders_text_by_a_language_is_refused(
        db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = apps.get_app_config("config")
        database.before_migrate(package, "default")
        monkeypatch.setattr(database, "_ORDER", database._ORDER + ' COLLATE "und-x-icu"')
        with pytest.raises(CommandError, match=r"C\.UTF-8"):
            database.before_migrate(package, "default")
