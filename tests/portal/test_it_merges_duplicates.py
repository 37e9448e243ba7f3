"""Two records of one person: found with reasons, compared without a number, merged or told apart, taken back."""

from typing import Any

import pytest

from tests.cast import NOW, OWN, Cast
from tests.portal.console import follow, sent, signed_in, text_of, undo_address
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.family import NewMember, create_household
from xiaoyuan.register.models import DistinctPersons, Person

WHY = "a test"
LIST = f"/console/duplicates/?division={OWN}"


@pytest.fixture
def twin(cast: Cast) -> Any:
    """A second record of Zhang Wei, head of a household of his own with a son of another name."""
    own = cast.own.household
    made = create_household(
        division_code=OWN,
        county_id=own.county_id,
        household_no="D1",
        values={"courtyard_id": own.courtyard_id},
        members=[
            NewMember(
                {"name": "张伟", "sex": "1", "birth_date": cast.own.person.birth_date, "education": "70"},
                "02",
                secrets={"phone": "19000009999"},
            ),
            NewMember({"name": "张二宝", "sex": "1"}, "20"),
        ],
        actor=SYSTEM,
        now=NOW,
    )
    return Person.objects.unscoped(WHY).get(name="张伟", memberships__household=made)


def compare(cast: Cast, twin: Any) -> str:
    return f"/console/duplicates/{cast.own.person.pk}/{twin.pk}/"


def test_the_pair_is_listed_with_reasons(cast: Cast, twin: Any) -> None:
    page = signed_in(cast, "wang").get(LIST)
    ((pair, _sides),) = page.context["pairs"]
    assert {pair.first.person.pk, pair.second.person.pk} == {cast.own.person.pk, twin.pk}
    assert pair.reasons
    assert "1900000" not in text_of(page)
    assert "990001" not in text_of(page)


def test_numbers_are_only_equal_or_different(cast: Cast, twin: Any) -> None:
    page = signed_in(cast, "wang").get(compare(cast, twin))
    verdicts = {line.name: line.verdict for line in page.context["lines"]}
    assert (verdicts["name"], verdicts["phone"], verdicts["id_number"]) == ("same", "different", "one")
    assert "1900000" not in text_of(page)
    assert "990001" not in text_of(page)


def test_a_merge_asks_whose_number_and_then_is_one_record(cast: Cast, twin: Any) -> None:
    client, address = signed_in(cast, "wang"), compare(cast, twin)
    son = Person.objects.unscoped(WHY).get(name="张二宝")
    body = sent(client.get(address), **{f"relation_{son.pk}": "02"})
    body.pop("number_phone", None)
    refused = client.post(address, body)
    assert refused.status_code == 400
    assert refused.context["form"].errors.keys() == {"number_phone"}
    body["number_phone"] = "2"
    asked = client.post(address, body)
    assert "将会改变" not in client.get(address).content.decode()
    assert "并入：张伟" in text_of(asked)
    assert Person.objects.unscoped(WHY).get(pk=twin.pk).merged_into_id is None
    shown = follow(client, client.post(address, {**body, "confirmed": "1"}))
    assert "已完成：合并重复人员" in text_of(shown)
    merged = Person.objects.unscoped(WHY).get(pk=twin.pk)
    assert merged.merged_into_id == cast.own.person.pk
    assert Person.objects.unscoped(WHY).get(pk=cast.own.person.pk).education == "70"
    assert client.get(LIST).context["pairs"] == []
    client.post(undo_address(shown))
    assert Person.objects.unscoped(WHY).get(pk=twin.pk).merged_into_id is None
    assert len(client.get(LIST).context["pairs"]) == 1


def test_a_value_of_the_other_record_can_be_chosen(cast: Cast, twin: Any) -> None:
    client, address = signed_in(cast, "wang"), compare(cast, twin)
    edit = f"/console/persons/{cast.own.person.pk}/edit/"
    client.post(edit, sent(client.get(edit), education="80"))
    son = Person.objects.unscoped(WHY).get(name="张二宝")
    body = sent(
        client.get(address),
        **{f"relation_{son.pk}": "02", "number_phone": "1", "value_education": "2", "confirmed": "1"},
    )
    follow(client, client.post(address, body))
    assert Person.objects.unscoped(WHY).get(pk=cast.own.person.pk).education == "70"


def test_a_merge_over_a_record_that_changed_is_asked_again(cast: Cast, twin: Any) -> None:
    client, address = signed_in(cast, "wang"), compare(cast, twin)
    body = sent(client.get(address), number_phone="1", confirmed="1")
    edit = f"/console/persons/{cast.own.person.pk}/edit/"
    client.post(edit, sent(client.get(edit), health="良好"))
    assert client.post(address, body).status_code == 409
    assert Person.objects.unscoped(WHY).get(pk=twin.pk).merged_into_id is None


def test_two_people_are_told_apart_for_good(cast: Cast, twin: Any) -> None:
    client = signed_in(cast, "wang")
    shown = follow(client, client.post(f"{compare(cast, twin)}apart/"))
    assert shown.context["pairs"] == []
    assert DistinctPersons.objects.unscoped(WHY).count() == 1
    client.post(undo_address(shown))
    assert len(client.get(LIST).context["pairs"]) == 1


def test_without_duplicates_the_page_says_so(cast: Cast) -> None:
    assert "没有发现重复人员" in text_of(signed_in(cast, "wang").get(LIST))
