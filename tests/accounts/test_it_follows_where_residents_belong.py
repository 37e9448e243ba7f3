"""A resident sees the household they belong to, through every step of a family and back; what ends, ends sessions."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

import xiaoyuan.register
from tests.cast import Cast
from xiaoyuan.accounts import residents
from xiaoyuan.accounts.acting import consents_to_use, current_acting, record_consent, start_acting
from xiaoyuan.accounts.choices import ConsentForm
from xiaoyuan.accounts.models import ActingConsent, DeviceSession
from xiaoyuan.accounts.viewers import viewer_of
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.history.models import Revision
from xiaoyuan.register.access import own_households
from xiaoyuan.register.actions.duplicates import merge_persons
from xiaoyuan.register.actions.family import merge_households, move_person, split_household
from xiaoyuan.register.actions.life import move_out, record_death
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.choices import JoinReason, LeaveReason
from xiaoyuan.register.models import Household, Membership, Person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
WRITERS = {"create", "bulk_create", "update", "bulk_update", "delete", "save", "update_or_create"}


def own(cast: Cast) -> list[int]:
    return own_households(viewer_of(cast.users["zhang"], timezone.now()))


def signed_in(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.users["zhang"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/me/").status_code == 200
    return client


def relations(cast: Cast) -> dict[int, str]:
    """The wife becomes the head, the child hers."""
    rest = Membership.objects.unscoped("a test").filter(household=cast.own.household, until=None)
    others = list(rest.exclude(person=cast.own.person).order_by("pk").values_list("person_id", flat=True))
    return {others[0]: "02", **dict.fromkeys(others[1:], "20")}


def other_household(cast: Cast) -> Household:
    found: Household = (
        Household.objects.unscoped("a test")
        .exclude(pk=cast.own.household.pk)
        .get(division_code=cast.own.code)
    )
    return found


def fresh(cast: Cast) -> Person:
    found: Person = Person.objects.unscoped("a test").get(pk=cast.own.person.pk)
    return found


def dies(cast: Cast) -> None:
    person = fresh(cast)
    record_death(
        person=person, row_version=person.row_version, on=TODAY, relations=relations(cast), actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip


def leaves(cast: Cast) -> None:
    person = fresh(cast)
    move_out(
        person=person, row_version=person.row_version, on=TODAY, left_as=LeaveReason.MOVED_OUT,
        relations=relations(cast), actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize("step", [dies, leaves])
def test_who_is_gone_sees_nothing_and_is_signed_out(cast: Cast, step: "object") -> None:
    client = signed_in(cast)
    assert own(cast) == [cast.own.household.pk]
    assert callable(step)
    step(cast)
    assert own(cast) == []
    assert client.get("/me/").status_code == 302
    assert not DeviceSession.objects.filter(user=cast.users["zhang"]).exists()


def test_what_was_taken_back_opens_again_but_signs_nobody_in(cast: Cast) -> None:
    client = signed_in(cast)
    leaves(cast)
    take_back(Revision.objects.latest("pk").pk, SYSTEM, timezone.now())
    assert own(cast) == [cast.own.household.pk]
    assert client.get("/me/").status_code == 302


def test_a_move_and_a_split_lead_to_the_other_household(cast: Cast) -> None:
    person, target = fresh(cast), other_household(cast)
    child = Person.objects.unscoped("a test").get(name="张小宝", division_code=cast.own.code)
    residents.issue_card(
        county_id=child.county_id, division_code=cast.own.code, person_uid=child.person_uid,
        household_id=cast.own.household.pk, display_name="张小宝", is_sample=True, actor=SYSTEM, now=timezone.now(),
        user=cast.users["zhao"],
    )  # fmt: skip
    move_person(
        person=child, row_version=child.row_version, household=target, relation_to_head="80", on=TODAY,
        joined_as=JoinReason.MOVED_IN, actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    assert own_households(viewer_of(cast.users["zhao"], timezone.now())) == [target.pk]
    home = Household.objects.unscoped("a test").get(pk=cast.own.household.pk)
    made = split_household(
        household=home, row_version=home.row_version, household_no="9-9", members={person.pk: "02"},
        remaining=relations(cast), on=TODAY, actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    assert own(cast) == [made.pk]


def test_merging_households_and_persons_is_followed(cast: Cast) -> None:
    client = signed_in(cast)
    home, target = cast.own.household, other_household(cast)
    members = Membership.objects.unscoped("a test").filter(household=home, until=None)
    merge_households(
        kept=target, merged=home, relations={row.person_id: "97" for row in members}, on=TODAY, actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    assert own(cast) == [target.pk]
    assert client.get("/me/").status_code == 302
    twin = (
        Person.objects.unscoped("a test")
        .filter(memberships__household=target)
        .exclude(pk=cast.own.person.pk)[0]
    )
    kept = dict.fromkeys(("id_number", "phone", "bank_account"), twin.pk)
    merge_persons(kept=twin, merged=fresh(cast), secrets=kept, actor=SYSTEM, now=timezone.now())
    assert own(cast) == []


def test_a_grant_alone_opens_nothing(cast: Cast) -> None:
    """The second look at the door: even a grant that somebody forgot to end shows no household."""
    Membership.objects.unscoped("a test").filter(person=cast.own.person).update(until=TODAY)
    assert viewer_of(cast.users["zhang"], timezone.now()).grants
    assert own(cast) == []


def test_nothing_writes_belonging_past_the_one_place_that_follows() -> None:
    folder, wrong = Path(xiaoyuan.register.__file__).parent, []
    for path in sorted((folder / "actions").rglob("*.py")) + sorted((folder / "imports").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITERS
            ):
                text = ast.unparse(node.func)
                if "Membership.objects" in text or "Person.objects" in text:
                    wrong.append(f"{path.name}: {text}")
    assert wrong == []


def test_revoking_a_card_ends_all_sessions(cast: Cast) -> None:
    client, elsewhere = signed_in(cast), signed_in(cast)
    card = cast.users["zhang"].cards.get(revoked_at=None)
    residents.revoke_card(card=card, actor=SYSTEM, now=timezone.now())
    assert [one.get("/me/").status_code for one in (client, elsewhere)] == [302, 302]
    assert not Session.objects.exists()


def test_a_consent_of_one_household_ends_when_they_part(cast: Cast) -> None:
    now = timezone.now()
    elder = Person.objects.unscoped("a test").get(name="李秀兰", division_code=cast.own.code)
    consent = record_consent(
        county_id=elder.county_id, division_code=cast.own.code, is_sample=True, elder_uid=elder.person_uid,
        elder_label=elder.name, helper_uid=cast.own.person.person_uid, helper_label="张伟", is_same_household=True,
        given_as=ConsentForm.SPOKEN, valid_from=now.date() - timedelta(days=1),
        valid_until=now.date() + timedelta(days=30), actor=SYSTEM, now=now,
    )  # fmt: skip
    user = cast.users["zhang"]
    assert [one.pk for one in consents_to_use(user.pk, now)] == [consent.pk]
    acting = start_acting(user_id=user.pk, consent_id=consent.pk, actor=SYSTEM, now=now)
    assert viewer_of(user, now).acting == acting
    assert "李秀兰" in viewer_of(user, now).actor.label
    assert current_acting(user.pk, now + timedelta(minutes=31)) is None
    move_out(
        person=elder,
        row_version=elder.row_version,
        on=TODAY,
        left_as=LeaveReason.MOVED_OUT,
        actor=SYSTEM,
        now=now,
    )
    assert current_acting(user.pk, now) is None
    assert ActingConsent.objects.get(pk=consent.pk).ended_at is not None
