"""Editing by hand: only what was changed is written, a neighbour's edit costs no word, undo puts everything back."""

from typing import Any

import pytest

from tests.cast import OWN, Cast, sample_id_number
from tests.portal.console import follow, sent, signed_in, text_of, undo_address
from xiaoyuan.audit.models import ChangeEntry
from xiaoyuan.register.models import Household, Membership, Person
from xiaoyuan.vault.actions import find_subjects

WHY = "a test"


def person_page(cast: Cast) -> str:
    return f"/console/persons/{cast.own.person.pk}/edit/"


def household_page(cast: Cast) -> str:
    return f"/console/households/{cast.own.household.pk}/edit/"


def stored(cast: Cast) -> Any:
    return Person.objects.unscoped(WHY).get(pk=cast.own.person.pk)


def test_only_what_was_changed_is_written(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    page = client.get(person_page(cast))
    before = ChangeEntry.objects.count()
    shown = follow(client, client.post(person_page(cast), sent(page, education="70", tags="党员、低保")))
    assert "已完成：修改人员信息" in text_of(shown)
    fields = set(ChangeEntry.objects.order_by("sequence")[before:].values_list("field", flat=True))
    assert fields == {"education", "tags"}
    assert stored(cast).education == "70"


def test_a_form_sent_as_it_was_changes_nothing(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    before = stored(cast).row_version
    client.post(person_page(cast), sent(client.get(person_page(cast))))
    assert stored(cast).row_version == before


def test_undo_puts_a_person_back(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    shown = follow(client, client.post(person_page(cast), sent(client.get(person_page(cast)), name="张大伟")))
    assert stored(cast).name == "张大伟"
    back = follow(client, client.post(undo_address(shown)))
    assert "已撤销" in text_of(back)
    assert stored(cast).name == "张伟"


def test_what_was_taken_back_is_not_taken_back_twice(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    shown = follow(client, client.post(person_page(cast), sent(client.get(person_page(cast)), name="张大伟")))
    address = undo_address(shown)
    client.post(address)
    assert client.post(address).status_code == 409


def test_undo_lists_later_edits_that_depend(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    first = follow(client, client.post(person_page(cast), sent(client.get(person_page(cast)), name="张大伟")))
    address = undo_address(first)
    client.post(person_page(cast), sent(client.get(person_page(cast)), name="张小伟"))
    refused = client.post(address)
    assert refused.status_code == 409
    assert "暂时不能撤销" in text_of(refused)
    assert "张小伟" in text_of(refused)
    assert stored(cast).name == "张小伟"


def test_two_edits_meet_field_by_field(cast: Cast) -> None:
    """Wang and Chen open the same person; Chen saves first."""
    wang, chen = signed_in(cast, "wang"), signed_in(cast, "chen")
    opened = wang.get(person_page(cast))
    chen.post(person_page(cast), sent(chen.get(person_page(cast)), education="70", work_place="贵阳"))
    refused = wang.post(person_page(cast), sent(opened, education="60", health="良好"))
    assert refused.status_code == 409
    meetings = {str(one.label): one for one in refused.context["form"].meetings}
    assert set(meetings) == {"文化程度", "外出务工地点"}
    assert (meetings["文化程度"].written, meetings["文化程度"].now) == ("高中", "初中")
    assert meetings["外出务工地点"].is_untouched
    assert "良好" in text_of(refused)
    assert stored(cast).education == "70"
    # Saving once more is a decision: what Wang wrote stands, what Wang left alone stays Chen's.
    follow(wang, wang.post(person_page(cast), sent(refused)))
    row = stored(cast)
    assert (row.education, row.work_place, row.health) == ("60", "贵阳", "良好")


def test_a_number_is_never_shown_and_can_be_replaced(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    page = client.get(person_page(cast))
    assert "990001" not in text_of(page)
    assert "已登记；不改就留空" in text_of(page)
    birth = cast.own.person.birth_date
    assert birth is not None
    number = sample_id_number(birth, 131)
    follow(client, client.post(person_page(cast), sent(page, id_number=f" {number.lower()} ")))
    found = find_subjects(county_id=cast.own.person.county_id, name="id_number", values=[number])
    assert found == {number: [cast.own.person.person_uid]}


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("id_number", "990001196803121012", "校验"),
        ("id_number", "99000119680312101", "18"),
        ("phone", "123", "电话"),
        ("birth_date", "2099-01-01", "不能晚于今天"),
        ("name", "", "必填"),
        ("work_months", "13", "12"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(cast: Cast, field: str, text: str, sentence: str) -> None:
    client = signed_in(cast, "wang")
    answer = client.post(person_page(cast), sent(client.get(person_page(cast)), **{field: text}))
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert f'id="id_{field}_error"' in text_of(answer)


def test_somebody_elses_number_is_refused_beside_the_field(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    sibling = cast.places["sibling"].person
    assert sibling.birth_date is not None
    taken = sample_id_number(sibling.birth_date, 111)
    answer = client.post(person_page(cast), sent(client.get(person_page(cast)), id_number=taken))
    assert answer.status_code == 400
    assert answer.context["form"].errors["id_number"]


def test_a_household_is_edited_and_taken_back(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    page = client.get(household_page(cast))
    shown = follow(client, client.post(household_page(cast), sent(page, arable_mu="3.50", tags="低保")))
    row = Household.objects.unscoped(WHY).get(pk=cast.own.household.pk)
    assert str(row.arable_mu) == "3.50"
    assert "低保" in text_of(shown)
    client.post(undo_address(shown))
    assert Household.objects.unscoped(WHY).get(pk=cast.own.household.pk).arable_mu is None


def test_a_new_household_begins_with_its_head(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), f"/console/households/new/?division={OWN}"
    body = {"household_no": "H900", "group": "二组", "name": "赵新", "sex": "1", "is_resident": "true"}
    shown = follow(client, client.post(address, {**body, "courtyard": f"{OWN}-1"}))
    assert "赵新户" in text_of(shown)
    made = Household.objects.unscoped(WHY).get(household_no="H900")
    assert made.courtyard is not None
    assert made.courtyard.code == f"{OWN}-1"
    taken = client.post(address, body)
    assert taken.status_code == 400
    assert taken.context["form"].errors["household_no"]
    back = follow(client, client.post(undo_address(shown)))
    assert "已撤销" in text_of(back)
    assert not Household.objects.unscoped(WHY).filter(household_no="H900").exists()


def test_a_grid_worker_reads_but_does_not_edit(cast: Cast) -> None:
    client = signed_in(cast, "li")
    card = text_of(client.get(f"/console/households/{cast.own.household.pk}/"))
    assert "张伟" in card
    assert "/edit/" not in card
    assert "/steps/" not in card
    for address in (
        person_page(cast),
        household_page(cast),
        "/console/people/table/",
        "/console/duplicates/",
    ):
        assert client.get(address).status_code == 403
        assert client.post(address, {"name": "x"}).status_code == 403


def test_another_village_is_not_there(cast: Cast) -> None:
    client, other = signed_in(cast, "wang"), cast.places["sibling"]
    member = Membership.objects.unscoped(WHY).filter(household=other.household).first()
    assert member is not None
    for address in (
        f"/console/households/{other.household.pk}/edit/",
        f"/console/persons/{member.person_id}/edit/",
        f"/console/persons/{member.person_id}/steps/death/",
        f"/console/households/{other.household.pk}/steps/split/",
        f"/console/duplicates/{cast.own.person.pk}/{member.person_id}/",
    ):
        assert client.get(address).status_code == 404
        assert client.post(address, {}).status_code == 404
