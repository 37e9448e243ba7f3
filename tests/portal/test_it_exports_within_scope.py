"""Exports end where the right of who asks ends: in wider divisions, for people who moved on, in scratch folders."""

import csv
import io
import zipfile
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import NOW, OWN, SIBLING, Cast
from tests.portal.console import signed_in
from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.exports.models import ExportRequest, ExportStatus
from xiaoyuan.register.actions.family import move_person
from xiaoyuan.register.actions.people import PersonChange, change_person
from xiaoyuan.register.models import Membership, Person
from xiaoyuan.vault.actions import read_masked

pytestmark = pytest.mark.django_db
_WHY = "a test looks"


@pytest.mark.parametrize("code", ["520502", "520502103"])
def test_of_a_wider_division_only_the_own_part_leaves(cast: Cast, code: str) -> None:
    clerk = signed_in(cast, "wang")
    made = asked(clerk, division=code, what="people", format="xlsx")
    assert (made.division_code, made.selection["prefixes"]) == (OWN, [OWN])
    assert clerk.get(f"/console/exports/{made.pk}/").status_code == 200
    assert clerk.get(f"/console/exports/{made.pk}/file/").status_code == 200


def test_who_answers_for_two_villages_sees_the_own_export_of_both(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = create_user(
        username="sun", password="another-rice-terrace", display_name="孙丽", actor=SYSTEM, now=NOW
    )
    for code in (OWN, SIBLING):
        grant_role(user=user, role=Role.VILLAGE_CLERK, scope_key=code, actor=SYSTEM, now=NOW)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    made = asked(client, division="520502103", what="people", format="xlsx")
    assert made.selection["prefixes"] == [OWN, SIBLING]
    assert client.get(f"/console/exports/{made.pk}/file/").status_code == 200
    assert signed_in(cast, "wang").get(f"/console/exports/{made.pk}/").status_code == 404


def test_of_who_moved_on_no_number_leaves_and_no_later_change(cast: Cast) -> None:
    son = moved_on(cast)
    numbers = read_masked(county_id=son.county_id, subjects=[son.person_uid], names=["id_number"])
    number = numbers[son.person_uid]["id_number"].reveal()
    clerk = signed_in(cast, "wang")
    made = asked(clerk, division=OWN, what="archive", unmasked="on", reason="季度报表")
    content = b"".join(clerk.get(f"/console/exports/{made.pk}/file/"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        former = archive.read("csv/former-members.csv").decode("utf-8-sig")
        assert son.name in former
        for name in archive.namelist():
            assert number.encode() not in archive.read(name), name
    made = asked(clerk, "changes", division=OWN, format="csv")
    content = b"".join(clerk.get(f"/console/exports/{made.pk}/file/"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read("changes.csv").decode("utf-8-sig")
    (line,) = [row for row in csv.DictReader(io.StringIO(text)) if row["姓名"] == son.name]
    assert line["变动"] == "减少"
    assert "务工" not in line["变更栏目"]
    assert line["经办"] == SYSTEM.label


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "never"])
def test_days_beyond_the_calendar_are_left_aside(cast: Cast, day: str) -> None:
    answer = signed_in(cast, "wang").get(f"/console/exports/changes/?since={day}&until={day}")
    assert answer.status_code == 200


def asked(client: Client, form: str = "new", **body: str) -> ExportRequest:
    answer = client.post(f"/console/exports/{form}/", body)
    assert answer.status_code == 302, answer.content.decode()
    made = ExportRequest.objects.get(pk=int(answer["Location"].rstrip("/").rpartition("/")[2]))
    assert made.status == ExportStatus.READY, made.failure
    return made


def moved_on(cast: Cast) -> Person:
    """Let a son go to the sibling village, where his record changes afterwards."""
    rows = Membership.objects.unscoped(_WHY).filter(household=cast.own.household)
    son: Person = rows.exclude(relation_to_head="02").order_by("-pk")[0].person
    move_person(
        person=son,
        row_version=son.row_version,
        household=cast.places["sibling"].household,
        relation_to_head="20",
        on=date(2025, 3, 4),
        joined_as="moved_in",
        left_as="moved_out",
        actor=SYSTEM,
        now=timezone.now(),
    )
    son.refresh_from_db()
    change_person(
        person=son,
        row_version=son.row_version,
        change=PersonChange(values={"work_place": "广东东莞"}),
        actor=SYSTEM,
        now=timezone.now(),
    )
    son.refresh_from_db()
    return son
