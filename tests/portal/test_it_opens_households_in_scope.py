"""The console's lists and cards: searched, paged, scoped, with a fixed number of queries."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.cast import NOW, OTHER_TOWN, OWN, SIBLING, Cast, queries
from xiaoyuan.accounts.actions import grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.people_writing import HouseholdWrite, PersonWrite, write_people


def signed_in(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(cast.users[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def add_households(cast: Cast, count: int) -> None:
    county_id = cast.own.household.county_id
    lock_changes(county_id)
    households = [
        HouseholdWrite(OWN, f"H{number:05d}", {"courtyard_id": cast.own.courtyard.pk})
        for number in range(count)
    ]
    persons = [
        PersonWrite(household, {"name": f"周{number:03d}"}, relation_to_head="02")
        for number, household in enumerate(households)
    ]
    write_people(writing=Writing(county_id, True, SYSTEM, NOW), households=households, persons=persons)


def test_the_list_shows_heads_of_the_own_village(cast: Cast) -> None:
    page = signed_in(cast, "wang").get("/console/households/")
    assert [row.head_name for row in page.context["page"]] == ["张伟", "王国强"]
    assert [row.person_count for row in page.context["page"]] == [3, 2]
    assert {row.division_code for row in page.context["page"]} == {OWN}


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("张伟", ["张伟"]),
        ("李秀兰", ["张伟"]),
        ("一组1号", ["张伟", "王国强"]),
        ("1030030001", ["王国强"]),
        ("nobody", []),
    ],
)
def test_search_covers_members_addresses_and_numbers(cast: Cast, text: str, heads: list[str]) -> None:
    page = signed_in(cast, "wang").get("/console/households/", {"q": text})
    assert [row.head_name for row in page.context["page"]] == heads


def test_an_officer_narrows_to_one_village(cast: Cast) -> None:
    client = signed_in(cast, "chen")
    assert {row.division_code for row in client.get("/console/households/").context["page"]} == {OWN, SIBLING}
    page = client.get("/console/households/", {"division": SIBLING})
    assert {row.division_code for row in page.context["page"]} == {SIBLING}


def test_long_lists_are_paged_and_ask_the_same(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast, "wang")
    client.get("/console/households/")
    with django_assert_num_queries(queries(13)):
        client.get("/console/households/")
    add_households(cast, 120)
    with django_assert_num_queries(queries(13)):
        page = client.get("/console/households/")
    assert page.context["page"].paginator.num_pages == 3
    last = client.get("/console/households/", {"page": "3"})
    assert len(last.context["page"]) == 22
    assert "page=2" in last.content.decode()


def test_the_card_shows_members_but_no_personal_field(cast: Cast) -> None:
    page = signed_in(cast, "wang").get(f"/console/households/{cast.own.household.pk}/").content.decode()
    for text in ("张伟", "李秀兰", "张小宝", "户主", "配偶", "****", "党员", "1号"):
        assert text in page
    assert "990001" not in page
    assert "1900000" not in page


def test_the_card_names_its_history(cast: Cast) -> None:
    page = signed_in(cast, "wang").get(f"/console/households/{cast.own.household.pk}/")
    assert {line.subject for line in page.context["history"]} == {"户", "张伟", "李秀兰", "张小宝"}


def test_a_source_outside_the_own_scope_is_named_but_no_link(cast: Cast) -> None:
    client, address = signed_in(cast, "wang"), f"/console/courtyards/{cast.own.courtyard.pk}/"
    link = f'href="/console/imports/{cast.own.batch.pk}/"'
    assert link in client.get(address).content.decode()
    ImportBatch.objects.filter(pk=cast.own.batch.pk).update(division_code="520502103")
    page = client.get(address).content.decode()
    assert link not in page
    assert cast.own.batch.file_name in page


def test_a_larger_household_asks_the_same(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, own = signed_in(cast, "wang"), cast.own.household
    lock_changes(own.county_id)
    large = HouseholdWrite(OWN, "H-large", {"courtyard_id": cast.own.courtyard.pk}, tags={"低保": ""})
    members = [
        PersonWrite(large, {"name": f"周{n}"}, relation_to_head="80", tags={"党员": ""}) for n in range(30)
    ]
    write_people(writing=Writing(own.county_id, True, SYSTEM, NOW), households=[large], persons=members)
    for household in (own, large.row):
        with django_assert_num_queries(queries(20)):
            client.get(f"/console/households/{household.pk}/")


def test_a_grid_worker_sees_the_card_but_cannot_reveal(cast: Cast) -> None:
    client, address = signed_in(cast, "li"), f"/console/households/{cast.own.household.pk}/"
    page = client.get(address).content.decode()
    assert "****" in page
    assert "reveal/" not in page
    body = {"person": cast.own.person.pk, "field": "phone", "reason": "curious"}
    assert client.post(f"{address}reveal/", body).status_code == 403


def test_an_operator_sees_the_courtyard_without_people(cast: Cast) -> None:
    page = signed_in(cast, "operator").get(f"/console/courtyards/{cast.own.courtyard.pk}/").content.decode()
    assert "张伟" not in page
    assert "仅向本村工作人员显示" in page


def test_a_clerk_sees_the_courtyard_with_plate_and_people(cast: Cast) -> None:
    page = signed_in(cast, "wang").get(f"/console/courtyards/{cast.own.courtyard.pk}/")
    assert page.context["plate"].readable_code in page.content.decode()
    assert [row.head_name for row in page.context["card"].households] == ["张伟", "王国强"]


def test_a_resident_sees_their_own_household_only(cast: Cast) -> None:
    client = signed_in(cast, "zhang")
    page = client.get("/me/").content.decode()
    assert "张小宝" in page
    assert "王国强" not in page
    assert client.get(f"/console/households/{cast.own.household.pk}/").status_code == 403


def test_somebody_without_a_household_is_told_what_to_do(cast: Cast) -> None:
    assert "您的账号还没有关联到户" in signed_in(cast, "zhao").get("/me/").content.decode()


def test_the_overview_counts_what_the_village_holds(cast: Cast) -> None:
    page = signed_in(cast, "wang").get("/console/")
    counts = {value.indicator.id: value.number for value in page.context["counts"]}
    assert counts["persons_registered"] == 5
    assert counts["households"] == 2
    assert counts["courtyards"] == 3
    assert [(state.label, state.count) for state in page.context["plates"]] == [("待制作", 3)]
    assert [batch.pk for batch in page.context["batches"]] == [cast.own.batch.pk]


def test_somebody_with_two_villages_can_reach_both(cast: Cast) -> None:
    grant_role(user=cast.users["li"], role=Role.GRID_WORKER, scope_key=OTHER_TOWN, actor=SYSTEM, now=NOW)
    client = signed_in(cast, "li")
    first = client.get("/console/").context["picker"]
    assert (first.current.code, [other.code for other in first.others]) == (OTHER_TOWN, [OWN])
    second = client.get("/console/", {"division": OWN}).context["picker"]
    assert (second.current.code, [other.code for other in second.others]) == (OWN, [OTHER_TOWN])
    assert client.get("/console/", {"division": SIBLING}).status_code == 404


def test_an_officer_goes_down_from_the_town(cast: Cast) -> None:
    choices = signed_in(cast, "chen").get("/console/").context["picker"]
    assert [step.name for step in choices.path] == ["朱昌镇"]
    assert [child.code for child in choices.children] == [OWN, SIBLING]


def test_only_operators_see_alarms(cast: Cast) -> None:
    """The cast's log entries are old and unsealed, which is an alarm."""
    assert [alarm.id for alarm in signed_in(cast, "operator").get("/console/").context["alarms"]] == [
        "unsealed"
    ]
    assert signed_in(cast, "wang").get("/console/").context["alarms"] == []
