"""Villagers sign in with a printed card: issued at the desk, used once with its code, then with a PIN."""

import re

import pytest
from django.test import Client

from tests.cast import PASSWORD, Cast
from xiaoyuan.accounts.models import ResidentCard
from xiaoyuan.accounts.residents import PIN_TRIES
from xiaoyuan.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PIN = "274905"


def issued(cast: Cast, client: Client) -> tuple[str, str]:
    """Issue a card at the desk; return its number and code as the page prints them."""
    client.login(username="wang", password=PASSWORD)
    page = client.post(f"/console/persons/{cast.own.person.pk}/card/")
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    number, code = re.findall(r'class="code"><strong>(\d+)</strong>', page.content.decode())
    return number, code


def activated(cast: Cast) -> tuple[Client, str]:
    number, code = issued(cast, Client())
    resident = Client()
    form = {"number": f"{number[:5]} {number[5:]}", "code": code, "pin": PIN, "again": PIN}
    answer = resident.post("/me/activate/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    return resident, number


def test_a_card_opens_ones_own_household_and_no_other(cast: Cast) -> None:
    resident, _number = activated(cast)
    page = resident.get("/me/").content.decode()
    assert cast.own.household.household_no in page
    for place in ("sibling", "other town"):
        assert cast.places[place].household.household_no not in page
    assert resident.get(f"/console/households/{cast.own.household.pk}/").status_code == 403


def test_afterwards_the_pin_serves_and_the_code_does_not(cast: Cast) -> None:
    _resident, number = activated(cast)
    again = Client()
    assert again.post("/me/sign-in/", {"number": number, "pin": PIN})["Location"] == "/me/"
    assert again.get("/me/").status_code == 200
    code = {"number": number, "code": "00000000", "pin": PIN, "again": PIN}
    assert Client().post("/me/activate/", code).status_code == 400


def test_unknown_wrong_and_locked_are_answered_alike(cast: Cast) -> None:
    _resident, number = activated(cast)
    answers = [
        Client().post("/me/sign-in/", {"number": number, "pin": "111112"}) for _try in range(PIN_TRIES)
    ]
    answers.append(Client().post("/me/sign-in/", {"number": number, "pin": PIN}))
    assert {answer.status_code for answer in answers} == {400}
    said = {re.search(r'role="alert">([^<]*)', answer.content.decode())[1] for answer in answers}  # type: ignore[index]  # a miss fails the test
    unknown = Client().post("/me/sign-in/", {"number": "0000000000", "pin": PIN}).content.decode()
    assert len(said) == 1
    assert said.pop() in unknown


def test_a_guessable_pin_is_refused_and_costs_no_try(cast: Cast) -> None:
    number, code = issued(cast, Client())
    for pin in ("123456", "111111", "12"):
        answer = Client().post("/me/activate/", {"number": number, "code": code, "pin": pin, "again": pin})
        assert answer.status_code == 400
    differs = {"number": number, "code": code, "pin": PIN, "again": "274906"}
    assert Client().post("/me/activate/", differs).status_code == 400
    good = {"number": number, "code": code, "pin": PIN, "again": PIN}
    assert Client().post("/me/activate/", good).status_code == 302


def test_an_ended_card_signs_its_owner_out_everywhere(cast: Cast) -> None:
    resident, number = activated(cast)
    clerk = Client()
    clerk.login(username="wang", password=PASSWORD)
    card = ResidentCard.objects.get(number=number)
    assert number in clerk.get("/console/residents/").content.decode()
    clerk.post(f"/console/residents/{card.pk}/revoke/")
    assert resident.get("/me/").status_code == 302
    assert Client().post("/me/sign-in/", {"number": number, "pin": PIN}).status_code == 400
    assert AuditEntry.objects.filter(action="accounts.revoke_card", object_id=card.pk).exists()


def test_a_search_finds_people_of_ones_own_villages_only(cast: Cast, client: Client) -> None:
    client.login(username="wang", password=PASSWORD)
    page = client.get("/console/residents/?q=张伟").content.decode()
    assert page.count("/card/") == 1
    other = cast.places["sibling"].person.pk
    assert client.post(f"/console/persons/{other}/card/").status_code == 404


def test_one_sees_and_ends_ones_own_devices(cast: Cast) -> None:
    phone, number = activated(cast)
    computer = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/120"})
    computer.post("/me/sign-in/", {"number": number, "pin": PIN})
    page = computer.get("/me/security/").content.decode()
    assert "Chrome · Windows" in page
    assert phone.get("/me/").status_code == 200
    assert computer.post("/me/security/others/").status_code == 302
    assert phone.get("/me/").status_code == 302
    assert computer.get("/me/").status_code == 200
