"""Divisions recoded and merged on a day: every row goes over, figures stay, and an old code still leads somewhere."""

from datetime import date
from typing import Any

import pytest
from django.db import models
from django.test import Client
from django.utils.translation import override

from tests.cast import NOW, OWN, SIBLING, Cast
from xiaoyuan.accounts.models import Grant
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.config.wiring import FIGURES
from xiaoyuan.figures.actions import rebuild
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.division_changes import (
    DivisionChangeRefused,
    merge_divisions,
    recode_division,
    rename_division,
)
from xiaoyuan.register.actions.division_rows import KEPT, RowsClash, tables
from xiaoyuan.register.actions.divisions import DivisionLine, create_divisions, read_tree
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.errors import UnknownDivision
from xiaoyuan.register.models import (
    BusinessEntity,
    County,
    Division,
    DivisionSuccession,
    Household,
)
from xiaoyuan.register.queries.divisions import search_divisions
from xiaoyuan.register.queries.successions import current_code
from xiaoyuan.search.models import SearchEntry

pytestmark = pytest.mark.django_db
ON = date(2021, 5, 1)
SAID: dict[str, Any] = {"on": ON, "actor": SYSTEM, "now": NOW}


def add(*lines: tuple[str, str]) -> None:
    tree = read_tree()
    for code, name in lines:
        line = DivisionLine(1, code, name)
        create_divisions(
            lines=[(line, None)], tree=tree, origin=DivisionOrigin.NATIONAL, actor=SYSTEM, now=NOW
        )


def counted(code: str) -> dict[str, int]:
    """Rows by table in a division and below."""
    inside = divisions.range_below(code)
    inside_divisions: list[type[models.Model]] = [*tables(), FigureCell, SearchEntry]
    return {
        model._meta.label_lower: count
        for model in inside_divisions
        if (count := model._base_manager.filter(**inside).count())
    }


def parent_code(code: str) -> str:
    return Division.objects.values_list("parent__code", flat=True).get(code=code, valid_until__isnull=True)


def first_household(code: str) -> Household:
    found = Household.objects.unscoped("a test").filter(division_code=code).first()
    assert isinstance(found, Household)
    return found


def sums(code: str) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for figure, dimension, delta in FigureCell.objects.filter(**divisions.range_below(code)).values_list(
        "figure", "dimension", "delta"
    ):
        found[figure, dimension] = found.get((figure, dimension), 0) + delta
    return {key: amount for key, amount in found.items() if amount}


def wrong_cells(county: County) -> int:
    return sum(
        rebuild(county_id=county.pk, day=NOW.date(), figures=[one.name], counted=one.count(county.pk))
        for one in FIGURES
    )


def test_a_county_becomes_a_city_with_all_below(cast: Cast, client: Client) -> None:
    """黔西县 520522 became 黔西市 520581 in 2021; here the county of the cast stands for it."""
    before, figures = counted("520502"), sums("520502")
    home = cast.own.courtyard.county_id
    change = recode_division(code="520502", new_code="520581", name="黔西市", **SAID)
    assert counted("520502") == {}
    assert counted("520581") == before
    assert sums("520581") == figures
    assert change.division.name == "黔西市"
    assert parent_code("520581") == "5205"
    assert change.divisions == Division.objects.filter(code__startswith="520502").count() > 4
    county = County.objects.get(pk=home)
    assert (county.code, county.name) == ("520581", "黔西市")
    assert wrong_cells(county) == 0
    assert parent_code("520581103003") == "520581103"
    assert current_code(OWN) == "520581103003"
    assert current_code("520502") == "520581"
    assert ImportBatch.objects.filter(division_code=OWN).exists()
    assert {key for key in Grant.objects.values_list("scope_key", flat=True) if key.startswith("52")} == {
        "520581103",
        "520581103003",
    }
    cast.own.household.refresh_from_db()
    assert cast.own.household.row_version == 2
    # an old address leads to the new one, and who worked there works there still
    assert client.get(f"/screen/{OWN}/?view=table")["Location"] == "/screen/520581103003/?view=table"
    assert client.get(f"/v/{OWN}/")["Location"] == "/v/520581103003/"
    assert client.get(f"/api/v1/screen/{OWN}").json()["division"]["code"] == "520581103003"
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/console/households/", {"division": OWN}).status_code == 200


def test_what_a_list_brought_already_is_taken_up(cast: Cast) -> None:
    """522401 毕节市 became 520502 七星关区 in 2011: the old code comes in with an old ledger."""
    add(
        ("5224", "毕节地区"),
        ("522401", "毕节市"),
        ("522401103", "朱昌镇"),
        ("522401103003", "双堰村村民委员会"),
    )
    change = recode_division(code="522401", new_code="520502", on=date(2011, 12, 31), actor=SYSTEM, now=NOW)
    assert change.division.pk == Division.objects.get(code="520502").pk
    assert change.division.name == "七星关区"
    assert current_code("522401103003") == OWN
    assert current_code("522401") == "520502"
    assert current_code("522401", date(2005, 1, 1)) == "520502"
    assert {hit.code for hit in search_divisions("双堰村")} == {OWN}
    assert [hit.code for hit in search_divisions("522401103003")] == [OWN]
    assert Division.objects.filter(code="520502", valid_until__isnull=True).count() == 1


def test_two_villages_become_one(cast: Cast) -> None:
    county = cast.own.courtyard.county_id
    both = {key: sums(OWN).get(key, 0) + sums(SIBLING).get(key, 0) for key in sums(OWN) | sums(SIBLING)}
    number, sibling = first_household(OWN).household_no, first_household(SIBLING)
    Household.objects.unscoped("a test").filter(pk=sibling.pk).update(household_no=number)
    change = merge_divisions(codes=[OWN, SIBLING], into=OWN, name="双堰村村民委员会", **SAID)
    assert counted(SIBLING) == {}
    assert sums(OWN) == both
    assert wrong_cells(County.objects.get(pk=county)) == 0
    assert change.rows["renumbered"] == 1
    sibling.refresh_from_db()
    assert (sibling.household_no, sibling.extra["原户号"]) == (f"209-{number}", number)
    assert sibling.division_code == OWN
    assert (current_code(SIBLING), current_code(OWN)) == (OWN, OWN)
    assert Division.objects.get(code=OWN, valid_until__isnull=True).name == "双堰村村民委员会"
    assert [hit.code for hit in search_divisions("螺蛳")] == [OWN]
    assert AuditEntry.objects.get(action="register.merge_divisions").detail["to"] == OWN


def test_rows_that_only_a_person_can_tell_apart_stop_a_merge(cast: Cast) -> None:
    home = {"county": cast.own.courtyard.county, "is_sample": True, "created_at": NOW, "updated_at": NOW}
    for code in (OWN, SIBLING):
        BusinessEntity.objects.create(division_code=code, name="好农合作社", kind="合作社", **home)
    before = counted(SIBLING)
    with override("en"), pytest.raises(RowsClash, match="好农合作社"):
        merge_divisions(codes=[SIBLING], into=OWN, **SAID)
    assert counted(SIBLING) == before
    assert not DivisionSuccession.objects.exists()


def test_a_new_name_keeps_the_code_and_everything_below(cast: Cast) -> None:
    before = counted("520502103")
    change = rename_division(code="520502103", name="朱昌街道", **SAID)
    assert counted("520502103") == before
    assert Division.objects.get(code=OWN).parent_id == change.division.pk
    assert current_code("520502103") == "520502103"
    assert [hit.name for hit in search_divisions("朱昌镇")] == ["朱昌街道"]
    assert [hit.name for hit in search_divisions("zcjd")] == ["朱昌街道"]


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: recode_division(code="520502999", new_code="520502998", **SAID), UnknownDivision, "999"),
        (
            lambda: recode_division(code="520502", new_code="520502103", **SAID),
            DivisionChangeRefused,
            "level",
        ),
        (
            lambda: recode_division(code=OWN, new_code="520527001009", **SAID),
            DivisionChangeRefused,
            "counties",
        ),
        (
            lambda: merge_divisions(codes=["520502102"], into="520502103", **SAID),
            DivisionChangeRefused,
            "below",
        ),
        (lambda: merge_divisions(codes=[OWN], into=OWN, **SAID), DivisionChangeRefused, "at least one"),
        (lambda: merge_divisions(codes=[OWN], into="520502103777", **SAID), UnknownDivision, "777"),
        (lambda: rename_division(code="520502", name="七星关区", **SAID), DivisionChangeRefused, "already"),
        (
            lambda: rename_division(code="520502", name="新区", on=date(2100, 1, 1), actor=SYSTEM, now=NOW),
            DivisionChangeRefused,
            "later",
        ),
        (lambda: recode_division(code="990001", new_code="990002", **SAID), DivisionChangeRefused, "root"),
        (lambda: recode_division(code="520502", new_code="520527", **SAID), DivisionChangeRefused, "Both"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    cast: Cast, call: Any, error: type[Exception], sentence: str
) -> None:
    before = counted("52")
    with override("en"), pytest.raises(error, match=sentence):
        call()
    assert counted("52") == before
    assert not Division.objects.filter(valid_until__isnull=False).exists()


def test_every_table_with_a_division_is_carried_over_or_named() -> None:
    """A table that a later version adds goes over by itself; what stays behind is a decision."""
    moved = {model._meta.label_lower for model in tables()}
    assert {"register.household", "doorplates.doorplate", "twin.scene", "register.employment"} <= moved
    assert {"intake.importbatch", "history.revision", "register.division"} == KEPT
    assert all(issubclass(model, models.Model) for model in tables())


def test_unknown_and_split_codes_lead_nowhere(cast: Cast) -> None:
    assert current_code("110101") is None
    ended = Division.objects.get(code=SIBLING)
    ended.valid_until = ON
    ended.save()
    assert current_code(SIBLING) is None
    for code in (OWN, "520502102001"):
        DivisionSuccession.objects.create(predecessor=ended, successor=Division.objects.get(code=code), on=ON)
    assert current_code(SIBLING) is None
