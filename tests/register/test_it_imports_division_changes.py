"""A ledger of division changes: new, renamed, recoded and merged rows of one file, in whatever order they stand."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from tests.cast import NOW, OWN, SIBLING, Cast
from tests.register.ledgers import import_rows
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.intake.batch_errors import BatchRefused
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.intake.pipeline import Outcome, roll_back_batch
from xiaoyuan.register.imports.ledgers.divisions import NotTakenBack
from xiaoyuan.register.models import BusinessEntity, County, Division, Household
from xiaoyuan.register.queries.successions import current_code

pytestmark = pytest.mark.django_db
HEADINGS = ("区划代码", "区划名称", "城乡分类代码", "原代码", "变更类型", "生效日期")
ON = date(2021, 5, 1)


def line(code: str, name: str, old: str = "", kind: str = "", on: Any = None, **cells: Any) -> dict[str, Any]:
    row = {"区划代码": code, "区划名称": name, "原代码": old, "变更类型": kind, "生效日期": on}
    return row | cells


def imported(tmp_path: Path, cast: Cast, *rows: dict[str, Any], **options: Any) -> Any:
    options = {"division": "520502", "is_sample": False} | options
    county = County.objects.get(pk=cast.own.courtyard.county_id)
    return import_rows(tmp_path, rows, county, headings=HEADINGS, kind="divisions", **options)


def test_a_county_is_recoded_with_a_new_village_and_a_merge_below(tmp_path: Path, cast: Cast) -> None:
    rows = [
        line("520581103003", "双堰村村民委员会", "520581103209", "合并", ON),
        line("520581103888", "新寨社区居民委员会", 城乡分类代码="111"),
        line("520581", "黔西市", "520502", "撤县设市", ON),
    ]
    # the merge names a code that only the recode brings: its county has to come first
    with override("en"):
        report = imported(tmp_path, cast, *rows)
    assert report.outcome is Outcome.REFUSED
    first = imported(tmp_path, cast, line("520581", "黔西市", "520502", "撤县设市", ON))
    assert first.outcome is Outcome.APPLIED
    second = imported(tmp_path, cast, rows[0], rows[1], division="520581")
    assert second.counts == {"changed": 1, "new": 1}
    assert (current_code(OWN), current_code(SIBLING)) == ("520581103003", "520581103003")
    assert County.objects.get(pk=cast.own.courtyard.county_id).code == "520581"
    assert Division.objects.get(code="520581103888").urban_rural_class == "111"
    inside = Household.objects.unscoped("a test").filter(division_code="520581103003")
    assert inside.count() == 4
    again = imported(tmp_path, cast, rows[0], rows[1], division="520581")
    assert again.outcome is Outcome.UNCHANGED


def test_a_name_with_a_day_is_a_change_and_without_one_a_correction(tmp_path: Path, cast: Cast) -> None:
    imported(
        tmp_path, cast, line("520502103", "朱昌街道", kind="更名", on=ON), line(SIBLING, "螺蛳社区居民委员会")
    )
    assert Division.objects.filter(code="520502103").count() == 2
    assert Division.objects.get(code=SIBLING).name == "螺蛳社区居民委员会"


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (line("520502103003", "双堰村", "520502103209", "合并"), "生效日期", "day from which"),
        (line("520502103003", "双堰村", "", "合并", ON), "原代码", "code that ends"),
        (line("520502103003", "双堰村", "520502103777", "合并", ON), "原代码", "no division"),
        (line("520502103003", "双堰村", "520502102", "合并", ON), "原代码", "level"),
        (line("520502103003", "双堰村", "520502103209", "合并", date(2099, 1, 1)), "生效日期", "later"),
        (line("520502103003", "双堰村", "520502103209", "拆分", ON), "变更类型", "by people"),
        (line("520502999001", "孤村"), "区划代码", "no division"),
        (line("110101", "东城区"), "区划代码", "within"),
        (line("520502103003", "双堰村", "520502103209", "不知道", ON), "变更类型", "not known"),
    ],
)
def test_what_cannot_be_is_an_error_of_its_row(
    tmp_path: Path, cast: Cast, row: dict[str, Any], column: str, words: str
) -> None:
    with override("en"):
        report = imported(tmp_path, cast, row)
    assert report.outcome is Outcome.REFUSED
    assert [(one.row_number, one.column) for one in report.problems] == [(3, column)]
    assert words in report.problems[0].text


def test_it_says_why_it_cannot_be_taken_back(tmp_path: Path, cast: Cast) -> None:
    imported(tmp_path, cast, line("520502103", "朱昌街道", kind="更名", on=ON))
    batch = ImportBatch.objects.filter(kind="divisions", status="applied").latest("pk")
    with pytest.raises(NotTakenBack):
        roll_back_batch(batch_id=batch.pk, actor=SYSTEM, now=batch.created_at, reason="a test")
    batch.refresh_from_db()
    assert batch.status == "applied"


def test_a_clash_of_rows_is_said_with_the_row_of_the_file(tmp_path: Path, cast: Cast) -> None:
    home = {"county": cast.own.courtyard.county, "is_sample": True, "created_at": NOW, "updated_at": NOW}
    for code in (OWN, SIBLING):
        BusinessEntity.objects.create(division_code=code, name="好农合作社", kind="合作社", **home)
    with override("en"), pytest.raises(BatchRefused, match="row 3: Both divisions have"):
        imported(tmp_path, cast, line(OWN, "双堰社区居民委员会", SIBLING, "合并", ON))
    assert Division.objects.filter(code=SIBLING, valid_until__isnull=True).exists()
