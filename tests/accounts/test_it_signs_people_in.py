"""Signing in with a name and a password, locked out after repeated failures, no open registration."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.cast import PASSWORD, Cast
from xiaoyuan.accounts.actions import end_grant
from xiaoyuan.audit.actors import SYSTEM

LOGIN = "/accounts/login/"


def test_a_clerk_signs_in_and_lands_where_they_wanted(cast: Cast, client: Client) -> None:
    wanted = f"/console/households/{cast.own.household.pk}/"
    led = client.get(wanted)
    assert led.status_code == 302
    assert led["Location"] == f"{LOGIN}?next={wanted}"
    answer = client.post(LOGIN, {"login": "wang", "password": PASSWORD, "next": wanted})
    assert answer.status_code == 302
    assert answer["Location"] == wanted
    assert client.get(wanted).status_code == 200


@pytest.mark.parametrize(
    ("name", "address"),
    [("wang", "/console/"), ("operator", "/console/"), ("zhang", "/me/"), ("zhao", "/me/")],
)
def test_everybody_lands_on_a_page_that_is_open_to_them(
    cast: Cast, client: Client, name: str, address: str
) -> None:
    assert client.post(LOGIN, {"login": name, "password": PASSWORD})["Location"] == address
    assert client.get(address).status_code == 200


def test_a_wrong_password_says_no_more_than_that(cast: Cast, client: Client) -> None:
    wrong = client.post(LOGIN, {"login": "wang", "password": "guessed-it-maybe"})
    unknown = client.post(LOGIN, {"login": "nobody", "password": "guessed-it-maybe"})
    assert wrong.status_code == unknown.status_code == 200
    assert "用户名" in wrong.content.decode()
    assert client.get("/console/").status_code == 302
    sentence = "message bad"
    assert sentence in wrong.content.decode()
    assert sentence in unknown.content.decode()


def test_five_failures_lock_the_name_for_a_while(cast: Cast, client: Client) -> None:
    for _attempt in range(5):
        client.post(LOGIN, {"login": "wang", "password": "guessed-it-maybe"})
    locked = client.post(LOGIN, {"login": "wang", "password": PASSWORD})
    assert locked.status_code != 302
    assert client.get("/console/").status_code == 302


def test_the_back_office_has_no_sign_in_of_its_own(cast: Cast, client: Client) -> None:
    """Its own form would know no lock after failures."""
    answer = client.post("/admin/login/?next=/admin/", {"username": "wang", "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"].startswith(LOGIN)
    assert client.get("/console/").status_code == 302


@pytest.mark.parametrize("page", ["password/reset/", "email/", "login/code/", "confirm-email/"])
def test_there_is_no_door_by_mail(cast: Cast, client: Client, page: str) -> None:
    assert client.post(f"/accounts/{page}", {"email": "somebody@example.org"}).status_code == 404
    assert not mail.outbox


@pytest.mark.parametrize("page", ["/console/", "/console/households/", "/me/", "/console/imports/"])
def test_what_a_sign_in_opens_stays_in_no_cache(cast: Cast, client: Client, page: str) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(page)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")


def test_sign_ins_of_the_sample_end_with_the_demo(cast: Cast, client: Client, settings: Settings) -> None:
    cast.users["chen"].is_sample = True
    cast.users["chen"].save()
    client.force_login(cast.users["chen"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/console/").status_code == 200
    settings.IS_DEMO = False
    assert client.get("/console/").status_code == 302
    client.logout()
    assert client.post(LOGIN, {"login": "chen", "password": PASSWORD}).status_code == 200
    cast.users["chen"].is_sample = False
    cast.users["chen"].save()
    assert client.post(LOGIN, {"login": "chen", "password": PASSWORD}).status_code == 302


def test_who_was_an_operator_loses_the_back_office(cast: Cast, client: Client) -> None:
    operator = cast.users["operator"]
    assert operator.is_staff
    end_grant(grant=operator.grants.get(), actor=SYSTEM, now=timezone.now())
    operator.refresh_from_db()
    assert not operator.is_staff


def test_nobody_registers_by_themselves(cast: Cast, client: Client) -> None:
    page = client.get("/accounts/signup/")
    assert "不开放自行注册" in page.content.decode()
    client.post("/accounts/signup/", {"username": "new", "password1": PASSWORD, "password2": PASSWORD})
    assert client.get("/console/").status_code == 302


def test_signing_out_needs_a_click(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/console/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/console/").status_code == 302


@pytest.mark.parametrize("password", ["12345678901", "short", "password123"])
def test_a_weak_new_password_is_refused(cast: Cast, client: Client, password: str) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    body = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert client.post("/accounts/password/change/", body).status_code == 200
    cast.users["wang"].refresh_from_db()
    assert cast.users["wang"].check_password(PASSWORD)
