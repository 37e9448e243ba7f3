"""A clerk's import reaches no further than the clerk: by a code in a column, a candidate, a change of divisions."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.cast import HIDDEN, NAMES, OWN, SIBLING, Cast
from tests.intake.workbooks import write_book
from tests.portal.console import signed_in
from tests.register.ledgers import person
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.register.models import Division, Household, Person
from xiaoyuan.vault.actions import read_masked

pytestmark = pytest.mark.django_db
_WHY = "a test looks"
HEADINGS = ("区划代码", "户号", "姓名", "性别", "身份证号", "与户主关系", "是否常住", "组别")
CHANGES = ("区划代码", "区划名称", "原代码", "变更类型", "生效日期")
ON = date(2021, 5, 1)


def imported(client: Client, folder: Path, headings: Any, *rows: dict[str, Any], kind: str) -> ImportBatch:
    table = [["台账"], list(headings), *[[row.get(name) for name in headings] for row in rows]]
    path = write_book(folder / "台账.xlsx", {"台账": table})
    with path.open("rb") as file:
        answer = client.post("/console/imports/upload/", {"file": file, "division": OWN, "kind": kind})
    assert answer.status_code == 302, answer.content.decode()
    return ImportBatch.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])


def step(client: Client, batch: ImportBatch, name: str, **data: Any) -> Any:
    answer = client.post(f"/console/imports/{batch.pk}/{name}/", data)
    batch.refresh_from_db()
    return answer


@pytest.mark.parametrize("code", [SIBLING, HIDDEN])
def test_rows_of_another_village_are_errors(cast: Cast, tmp_path: Path, code: str) -> None:
    clerk = signed_in(cast, "wang")
    row = person("赵大山", "户主", date(1961, 2, 3), 户号="901", 区划代码=code)
    batch = imported(clerk, tmp_path, HEADINGS, row, kind="households")
    assert batch.counts == {Verdict.ERROR: 1}
    step(clerk, batch, "apply")
    assert not Household.objects.unscoped(_WHY).filter(household_no="901").exists()


class TestCandidates:
    """Somebody of the sibling village stands in a ledger of the own one."""

    @pytest.fixture
    def number(self, cast: Cast) -> str:
        held = cast.places["sibling"].person
        found = read_masked(county_id=held.county_id, subjects=[held.person_uid], names=["id_number"])
        return found[held.person_uid]["id_number"].reveal()

    def staged(self, client: Client, cast: Cast, folder: Path, number: str) -> tuple[ImportBatch, StagedRow]:
        held = cast.places["sibling"].person
        born = held.birth_date
        assert born is not None
        row = person(held.name, "户主", born, 户号="901") | {"身份证号": number}
        batch = imported(client, folder, HEADINGS, row, kind="households")
        (found,) = StagedRow.objects.filter(batch=batch, verdict=Verdict.AMBIGUOUS)
        return batch, found

    def test_a_clerk_takes_nobody_out_of_another_village(
        self, cast: Cast, tmp_path: Path, number: str
    ) -> None:
        clerk, held = signed_in(cast, "wang"), cast.places["sibling"].person
        batch, row = self.staged(clerk, cast, tmp_path, number)
        answer = step(clerk, batch, "decide", choice=f"candidate:{held.pk}:{row.pk}")
        assert answer.status_code in (400, 404)
        row.refresh_from_db()
        assert row.decision == ""
        step(clerk, batch, "apply")
        assert batch.status == BatchStatus.STAGED
        assert Person.objects.unscoped(_WHY).get(pk=held.pk).division_code == SIBLING

    def test_who_answers_for_both_may(self, cast: Cast, tmp_path: Path, number: str) -> None:
        officer, held = signed_in(cast, "chen"), cast.places["sibling"].person
        batch, row = self.staged(officer, cast, tmp_path, number)
        answer = step(officer, batch, "decide", choice=f"candidate:{held.pk}:{row.pk}")
        assert answer.status_code == 302
        row.refresh_from_db()
        assert row.decided_id == held.pk


@pytest.mark.parametrize(
    "row",
    [
        {"区划代码": SIBLING, "区划名称": "改了的名", "原代码": OWN, "变更类型": "更名"},
        {"区划代码": SIBLING, "区划名称": "改了的名", "原代码": OWN, "变更类型": "更名", "生效日期": ON},
        {"区划代码": "520502", "区划名称": "改了的名", "原代码": OWN, "变更类型": "更名"},
        {"区划代码": SIBLING, "区划名称": "改了的名", "原代码": OWN, "变更类型": "合并", "生效日期": ON},
        {"区划代码": OWN, "区划名称": NAMES[OWN], "原代码": SIBLING, "变更类型": "合并", "生效日期": ON},
        {"区划代码": "520502103777", "区划名称": "新村", "原代码": OWN, "变更类型": "新增"},
    ],
)
def test_a_clerk_changes_no_division_beside_their_own(
    cast: Cast, tmp_path: Path, row: dict[str, Any]
) -> None:
    before = list(Division.objects.order_by("pk").values_list("pk", "code", "name", "valid_until"))
    clerk = signed_in(cast, "wang")
    batch = imported(clerk, tmp_path, CHANGES, row, kind="divisions")
    step(clerk, batch, "apply")
    assert batch.status == BatchStatus.STAGED
    assert batch.counts == {Verdict.ERROR: 1}
    assert list(Division.objects.order_by("pk").values_list("pk", "code", "name", "valid_until")) == before
