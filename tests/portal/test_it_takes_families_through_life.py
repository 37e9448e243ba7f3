"""The steps of a family through their pages: asked, summed up, done, and taken back with one button."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import OWN, SIBLING, Cast
from tests.portal.console import follow, sent, signed_in, text_of, undo_address
from xiaoyuan.register.models import Household, Membership, Person

WHY = "a test"


def members(household: Household) -> dict[str, str]:
    """Return the members of a household now: name -> relation."""
    rows = Membership.objects.unscoped(WHY).filter(household=household, until__isnull=True)
    return dict(rows.values_list("person__name", "relation_to_head"))


def second_household(cast: Cast) -> Household:
    found = Household.objects.unscoped(WHY).filter(division_code=OWN).exclude(pk=cast.own.household.pk).get()
    assert isinstance(found, Household)
    return found


def person(cast: Cast, name: str) -> Any:
    return Person.objects.unscoped(WHY).get(name=name, division_code=OWN)


def household_step(cast: Cast, step: str) -> str:
    return f"/console/households/{cast.own.household.pk}/steps/{step}/"


def person_step(cast: Cast, name: str, step: str) -> str:
    return f"/console/persons/{person(cast, name).pk}/steps/{step}/"


def asked_and_done(client: Client, address: str, **changes: str) -> Any:
    """Fill a step's form, read its summary, confirm; return the summary page and the page that follows."""
    body = sent(client.get(address), on="2025-02-01", **changes)
    asked = client.post(address, body)
    assert asked.status_code == 200, text_of(asked)[:4000]
    assert "将会改变" in text_of(asked), asked.context["form"].errors
    return asked, follow(client, client.post(address, {**body, "confirmed": "1"}))


def test_nothing_is_done_before_it_was_confirmed(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), person_step(cast, "张小宝", "move")
    body = sent(client.get(address), household="王国强", relation_to_head="20", on="2025-02-01")
    asked = client.post(address, body)
    assert "张小宝 离开" in text_of(asked)
    assert members(cast.own.household).keys() == {"张伟", "李秀兰", "张小宝"}
    back = client.post(address, {**body, "change": "1"})
    assert back.status_code == 200
    assert "王国强" in text_of(back)
    assert members(cast.own.household).keys() == {"张伟", "李秀兰", "张小宝"}


def test_a_person_moves_and_comes_back_with_undo(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    _asked, shown = asked_and_done(
        client, person_step(cast, "张小宝", "move"), household="王国强", relation_to_head="97"
    )
    assert members(second_household(cast))["张小宝"] == "97"
    back = follow(client, client.post(undo_address(shown)))
    assert "已撤销：人员转户" in text_of(back)
    assert members(cast.own.household).keys() == {"张伟", "李秀兰", "张小宝"}


def test_several_that_fit_are_listed_and_one_is_chosen(cast: Cast) -> None:
    client, address = signed_in(cast, "chen"), person_step(cast, "张小宝", "move")
    body = sent(client.get(address), household="王国强", relation_to_head="97", on="2025-02-01")
    several = client.post(address, body)
    assert several.status_code == 400
    choices = several.context["form"].fields["household_chosen"].choices
    assert len(choices) == 2
    chosen = str(second_household(cast).pk)
    asked = client.post(address, {**body, "household_chosen": chosen})
    assert "将会改变" in text_of(asked)


def test_a_household_outside_the_right_cannot_be_named(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), person_step(cast, "张小宝", "move")
    other = cast.places["sibling"].household
    body = sent(client.get(address), household=other.household_no, relation_to_head="97", on="2025-02-01")
    assert client.post(address, body).status_code == 400
    forced = client.post(address, {**body, "household_chosen": str(other.pk), "confirmed": "1"})
    assert forced.status_code == 400
    assert members(cast.own.household).keys() == {"张伟", "李秀兰", "张小宝"}


def test_the_family_moves_to_another_courtyard_and_village(cast: Cast) -> None:
    client = signed_in(cast, "chen")
    asked, shown = asked_and_done(client, household_step(cast, "move"), courtyard=f"{SIBLING}-2")
    row = Household.objects.unscoped(WHY).get(pk=cast.own.household.pk)
    assert row.division_code == SIBLING
    assert "张伟、李秀兰、张小宝" in text_of(asked)
    client.post(undo_address(shown))
    assert Household.objects.unscoped(WHY).get(pk=row.pk).division_code == OWN


def test_a_clerk_cannot_move_a_family_to_a_village_of_others(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), household_step(cast, "move")
    body = sent(client.get(address), courtyard=f"{SIBLING}-2", on="2025-02-01")
    assert client.post(address, {**body, "confirmed": "1"}).status_code == 400


def test_a_split_asks_who_goes_and_who_is_head(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), household_step(cast, "split")
    son, mother = person(cast, "张小宝").pk, person(cast, "李秀兰").pk
    body = sent(client.get(address), household_no="H77", on="2025-02-01")
    for wrong, sentence in (
        ({}, "请勾选"),
        ({f"goes_{son}": "on"}, "关系"),
        ({f"goes_{son}": "on", f"new_{son}": "20"}, "户主"),
    ):
        refused = client.post(address, {**body, **wrong})
        assert refused.status_code == 400
        assert sentence in text_of(refused)
    asked, shown = asked_and_done(
        client, address, **{"household_no": "H77", f"goes_{son}": "on", f"new_{son}": "02"}
    )
    assert "新建 H77 户" in text_of(asked)
    made = Household.objects.unscoped(WHY).get(household_no="H77")
    assert members(made) == {"张小宝": "02"}
    assert mother in Membership.objects.unscoped(WHY).filter(
        household=cast.own.household, until__isnull=True
    ).values_list("person_id", flat=True)
    client.post(undo_address(shown))
    assert members(cast.own.household).keys() == {"张伟", "李秀兰", "张小宝"}


def test_two_households_merge_after_each_relation_is_said(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), household_step(cast, "merge")
    body = sent(client.get(address), household="王国强", on="2025-02-01")
    first = client.post(address, body)
    assert first.status_code == 400
    relations = {f"relation_{person(cast, '王国强').pk}": "97", f"relation_{person(cast, '陈桂芳').pk}": "97"}
    assert relations.keys() <= first.context["form"].fields.keys()
    merged = second_household(cast)
    shown = follow(client, client.post(address, {**body, **relations, "confirmed": "1"}))
    assert len(members(cast.own.household)) == 5
    page = text_of(client.get(f"/console/households/{merged.pk}/"))
    assert "本户已并入另一户" in page
    client.post(undo_address(shown))
    assert len(members(cast.own.household)) == 3


def test_a_head_who_dies_is_followed(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), person_step(cast, "张伟", "death")
    wife, son = person(cast, "李秀兰").pk, person(cast, "张小宝").pk
    refused = client.post(address, sent(client.get(address), on="2025-02-01"))
    assert refused.status_code == 400
    assert "请选定一人为户主" in text_of(refused)
    _asked, shown = asked_and_done(client, address, **{f"relation_{wife}": "02", f"relation_{son}": "20"})
    assert members(cast.own.household) == {"李秀兰": "02", "张小宝": "20"}
    assert "李秀兰户" in text_of(shown)
    client.post(undo_address(shown))
    assert members(cast.own.household)["张伟"] == "02"


def test_somebody_moves_out_and_somebody_else_becomes_head(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    asked_and_done(client, person_step(cast, "张小宝", "out"), left_as="moved_out")
    assert "张小宝" not in members(cast.own.household)
    wife, head = person(cast, "李秀兰").pk, person(cast, "张伟").pk
    asked_and_done(
        client, household_step(cast, "head"), **{f"relation_{wife}": "02", f"relation_{head}": "10"}
    )
    assert members(cast.own.household) == {"李秀兰": "02", "张伟": "10"}


def test_a_child_is_born_and_a_member_added(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    child = {"name": "张小花", "sex": "2", "birth_date": "2025-01-05", "relation_to_head": "30"}
    follow(
        client,
        client.post(household_step(cast, "birth"), sent(client.get(household_step(cast, "birth")), **child)),
    )
    body = sent(client.get(household_step(cast, "member")), name="张老太", sex="2", relation_to_head="52")
    follow(client, client.post(household_step(cast, "member"), body))
    assert members(cast.own.household)["张小花"] == "30"
    assert members(cast.own.household)["张老太"] == "52"


def test_a_marriage_takes_somebody_known_or_new(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), household_step(cast, "marriage")
    asked_and_done(client, address, person="陈桂芳", relation_to_head="38")
    assert members(cast.own.household)["陈桂芳"] == "38"
    assert members(second_household(cast)) == {"王国强": "02"}
    asked_and_done(client, address, name="吴新人", sex="2", relation_to_head="38")
    assert members(cast.own.household)["吴新人"] == "38"
    nobody = client.post(address, sent(client.get(address), relation_to_head="38"))
    assert nobody.status_code == 400
    assert nobody.context["form"].errors.keys() == {"name", "sex"}


def test_work_away_and_the_way_back(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    away, home = person_step(cast, "张小宝", "work"), person_step(cast, "张小宝", "return")
    refused = client.post(home, sent(client.get(home), on="2025-02-01"))
    assert refused.status_code == 400
    shown = follow(client, client.post(away, sent(client.get(away), place="贵阳", since="2024-03-01")))
    assert "贵阳" in text_of(shown)
    follow(client, client.post(home, sent(client.get(home), on="2025-02-01")))
    assert person(cast, "张小宝").work_place == ""


def test_a_step_over_a_family_that_changed_is_asked_again(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), person_step(cast, "张小宝", "work")
    opened = client.get(address)
    edit = f"/console/persons/{person(cast, '张小宝').pk}/edit/"
    client.post(edit, sent(client.get(edit), health="良好"))
    late = client.post(address, sent(opened, place="贵阳", since="2024-03-01"))
    assert late.status_code == 409
    assert "贵阳" in text_of(late)
    follow(client, client.post(address, sent(late)))
    assert person(cast, "张小宝").work_place == "贵阳"


@pytest.mark.parametrize("step", ["fly", "undo"])
def test_an_unknown_step_is_not_there(cast: Cast, step: str) -> None:
    client = signed_in(cast, "wang")
    assert client.get(household_step(cast, step)).status_code == 404
    assert client.get(person_step(cast, "张伟", step)).status_code == 404


def test_the_history_speaks_in_words(cast: Cast) -> None:
    """Where somebody went and came back is told by names; a row's number tells nobody anything."""
    client = signed_in(cast, "chen")
    _asked, shown = asked_and_done(client, household_step(cast, "move"), courtyard=f"{SIBLING}-2")
    page = text_of(client.get(f"/console/households/{cast.own.household.pk}/"))
    assert "一组3号" in page
    assert "螺蛳村" in page
    back = follow(client, client.post(undo_address(shown)))
    lines = [f"{line.field} {line.before} {line.after}" for line in back.context["history"]]
    assert not [line for line in lines if "1374" in line]
    assert not [line for line in lines if "_" in line]


def test_a_family_that_moved_on_is_brought_back_only_by_who_may_edit_both(cast: Cast) -> None:
    chen, wang = signed_in(cast, "chen"), signed_in(cast, "wang")
    _asked, shown = asked_and_done(chen, household_step(cast, "move"), courtyard=f"{SIBLING}-2")
    address = undo_address(shown)
    assert wang.post(address).status_code == 404
    assert Household.objects.unscoped(WHY).get(pk=cast.own.household.pk).division_code == SIBLING
    follow(chen, chen.post(address))
    assert Household.objects.unscoped(WHY).get(pk=cast.own.household.pk).division_code == OWN
