"""`xiaoyuan add-user` makes sign-ins whose roles hold where the operator says, and refuses what does not fit."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.cast import OTHER_TOWN, OWN, Cast
from xiaoyuan.accounts.models import Grant, User
from xiaoyuan.audit.models import AuditEntry

PASSWORD = "a long enough passphrase"


def add(monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    call_command("add_user", *arguments, stdout=out, skip_checks=True)
    return out.getvalue()


def test_a_clerk_signs_in_and_sees_the_own_village_only(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch, "liu", "--role", "village_clerk", "--division", OWN, "--name", "刘文书")
    assert client.login(username="liu", password=PASSWORD)
    assert client.get(f"/console/households/{cast.own.household.pk}/").status_code == 200
    elsewhere = cast.places["other town"].household
    assert elsewhere.division_code == OTHER_TOWN
    assert client.get(f"/console/households/{elsewhere.pk}/").status_code == 404
    actions = AuditEntry.objects.filter(actor_label="command add-user").values_list("action", flat=True)
    assert set(actions) == {"accounts.create_user", "accounts.grant"}


def test_a_sign_in_that_is_there_gets_one_more_role(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, "liu", "--role", "village_clerk", "--division", OWN)
    password = User.objects.get(username="liu").password
    add(monkeypatch, "liu", "--role", "grid_worker", "--division", OTHER_TOWN)
    user = User.objects.get(username="liu")
    assert user.password == password
    assert set(Grant.objects.filter(user=user).values_list("role", "scope_key")) == {
        ("village_clerk", OWN),
        ("grid_worker", OTHER_TOWN),
    }


def test_a_resident_is_given_one_household(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch, "he", "--role", "resident", "--household", str(cast.own.household.pk))
    assert client.login(username="he", password=PASSWORD)
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ("--role", "village_clerk"),
        ("--role", "operator", "--division", OWN),
        ("--role", "resident"),
        ("--role", "grid_worker", "--division", OWN, "--household", "1"),
        ("--role", "village_clerk", "--division", "520502999999"),
        ("--role", "resident", "--household", "999999"),
    ],
)
def test_a_scope_that_does_not_fit_is_refused(
    cast: Cast, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError):
        add(monkeypatch, "liu", *arguments)
    assert not User.objects.filter(username="liu").exists()


@pytest.mark.parametrize(("name", "password"), [("liu", "12345678901"), ("liu", "short"), ("l u", PASSWORD)])
def test_a_weak_password_or_an_odd_name_is_refused(
    cast: Cast, name: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError):
        add(monkeypatch, name, "--role", "village_clerk", "--division", OWN, password=password)
    assert not User.objects.filter(username=name).exists()


def test_the_same_role_twice_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, "liu", "--role", "village_clerk", "--division", OWN)
    with pytest.raises(CommandError):
        add(monkeypatch, "liu", "--role", "village_clerk", "--division", OWN)
    assert Grant.objects.filter(user__username="liu").count() == 1
