"""Revealing a personal field: only with a reason, shown once, written to the log without the value."""

import pytest
from django.test import Client

from tests.cast import Cast, sample_id_number
from xiaoyuan.audit.models import AuditEntry


@pytest.fixture
def clerk(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(client: Client, cast: Cast, **changes: str) -> "tuple[int, str]":
    body = {"person": str(cast.own.person.pk), "field": "id_number", "reason": "入户走访", "detail": ""}
    address = f"/console/households/{cast.own.household.pk}/reveal/"
    answer = client.post(address, {**body, **changes})
    return answer.status_code, answer.content.decode()


def test_the_value_is_shown_once_and_the_reason_is_logged(cast: Cast, clerk: Client) -> None:
    before = AuditEntry.objects.filter(action="vault.reveal").count()
    status, page = ask(clerk, cast)
    assert cast.own.person.birth_date is not None
    number = sample_id_number(cast.own.person.birth_date, 101)
    assert status == 200
    assert page.count(number) == 1
    assert number not in clerk.get(f"/console/households/{cast.own.household.pk}/").content.decode()
    entry = AuditEntry.objects.filter(action="vault.reveal").latest("pk")
    assert AuditEntry.objects.filter(action="vault.reveal").count() == before + 1
    assert (entry.actor_id, entry.reason) == (cast.users["wang"].pk, "入户走访")
    assert number not in str(entry.canonical())


def test_own_words_go_before_the_usual_reason(cast: Cast, clerk: Client) -> None:
    ask(clerk, cast, detail="补办社保卡")
    assert AuditEntry.objects.filter(action="vault.reveal").latest("pk").reason == "补办社保卡"


def test_the_answer_is_kept_by_nobody(cast: Cast, clerk: Client) -> None:
    body = {"person": str(cast.own.person.pk), "field": "phone", "reason": "入户走访"}
    answer = clerk.post(f"/console/households/{cast.own.household.pk}/reveal/", body)
    assert "no-store" in answer["Cache-Control"]


def test_no_reason_no_value(cast: Cast, clerk: Client) -> None:
    status, page = ask(clerk, cast, reason="  ")
    assert status == 400
    assert "990001" not in page
    assert not AuditEntry.objects.filter(action="vault.reveal").exists()


@pytest.mark.parametrize(
    "changes",
    [{"field": "name"}, {"field": "person_uid"}, {"person": "0"}, {"person": "x"}, {"person": "9" * 30}],
)
def test_what_is_no_personal_field_of_a_member_is_not_there(
    cast: Cast, clerk: Client, changes: dict[str, str]
) -> None:
    assert ask(clerk, cast, **changes)[0] == 404


def test_a_person_of_another_household_is_not_there(cast: Cast, clerk: Client) -> None:
    assert ask(clerk, cast, person=str(cast.places["sibling"].person.pk))[0] == 404


def test_a_link_reveals_nothing(cast: Cast, clerk: Client) -> None:
    assert clerk.get(f"/console/households/{cast.own.household.pk}/reveal/").status_code == 405


def test_a_forged_form_reveals_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    status, page = ask(client, cast)
    assert status == 403
    assert "990001" not in page


def test_a_long_story_is_cut_to_what_the_log_holds(cast: Cast, clerk: Client) -> None:
    status, _page = ask(clerk, cast, detail="因为" * 400)
    assert status == 200
    assert len(AuditEntry.objects.filter(action="vault.reveal").latest("pk").reason) == 200
