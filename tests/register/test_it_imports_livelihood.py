"""Ledgers of what households live in and on: each row finds its owner, says what changed, and is never guessed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.register.ledgers import (
    LATER,
    SIBLING,
    VILLAGE,
    Cells,
    id_number,
    import_rows,
    make_village,
    person,
    said,
    two_households,
)
from tests.register.reconciling import choose, disagreeing, row_of, staged, taken_back, written
from tests.register.tables import dump_figures, dump_register
from xiaoyuan.audit.queries import history_of
from xiaoyuan.intake.batch_errors import RowsUndecided
from xiaoyuan.intake.models import Decision, ImportBatch, StagedRow
from xiaoyuan.intake.pipeline import Outcome
from xiaoyuan.register.models import (
    ContractedParcel,
    County,
    CropRecord,
    Dwelling,
    Employment,
    Household,
    IncomeRecord,
    LivestockRecord,
    Person,
    PolicyTag,
)
from xiaoyuan.vault.actions import read_masked

pytestmark = pytest.mark.django_db

ZHANG_NUMBER = id_number(date(1968, 5, 20), 1, is_male=True)
LI_NUMBER = id_number(date(1948, 1, 9), 1, is_male=True)

SAMPLES: dict[str, tuple[type[Any], Cells, Cells]] = {
    "dwellings": (
        Dwelling,
        {"户号": "001", "户主姓名": "张三", "房屋结构": "砖混", "层数": "2层", "住房面积": "120.5㎡", "建房年份": 2008,
         "安全等级": "A级", "是否闲置": "否"},
        {"安全等级": "B级"},
    ),
    "contracted-parcels": (
        ContractedParcel,
        {"户号": "001", "承包方姓名": "张三", "地块编码": "5205021030030000101", "地类": "水田", "合同面积(亩)": 1.25,
         "实测面积(亩)": "1.31亩", "承包起始日期": "2017-01-01", "承包终止日期": "2047-12-31", "流转方式": "出租",
         "流转面积(亩)": 1.2, "流入方": "双堰合作社", "流转单价(元)": 600},
        {"流转方式": "入股"},
    ),
    "crops": (
        CropRecord,
        {"户号": "001", "年份": 2025, "作物": "玉米", "种植面积(亩)": 3.5, "产量(斤)": 2600, "销售收入(元)": 1500},
        {"产量(斤)": 2800},
    ),
    "livestock": (
        LivestockRecord,
        {"户号": "001", "年份": "2025年", "畜禽种类": "猪", "存栏数": "3头", "出栏数": 2, "销售收入(万元)": 0.4},
        {"出栏数": 3},
    ),
    "employment": (
        Employment,
        {"姓名": "张三", "身份证号": ZHANG_NUMBER, "务工开始时间": "2025-03-01", "务工单位": "宁波某厂",
         "务工地点": "浙江宁波",
         "岗位": "普工", "月工资(元)": "4,500", "务工月数": 10},
        {"岗位": "班长"},
    ),
    "income": (
        IncomeRecord,
        {"户号": "001", "年份": 2025, "家庭人口数": 3, "工资性收入": 30000, "经营性收入": 12000, "转移性收入": 3000,
         "财产性收入": 600, "生产经营支出": 3600, "人均纯收入": 14000},
        {"工资性收入": 33000, "人均纯收入": 15000},
    ),
    "policy-tags": (
        PolicyTag,
        {"姓名": "张三", "身份证号": ZHANG_NUMBER, "标签名称": "低保", "认定时间": "2024-01-01", "月金额": 480,
         "标签说明": "因病"},
        {"月金额": 520},
    ),
}  # fmt: skip


@pytest.fixture
def county(tmp_path: Path) -> County:
    county = make_village()
    rows = two_households()
    rows[0]["政策标签"] = "脱贫户(2018年脱贫)"
    rows[3]["低保"] = None
    import_rows(tmp_path, rows, county)
    return county


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def bring(tmp_path: Path, kind: str, rows: Sequence[Cells], county: County, **options: Any) -> Any:
    """Import rows with the headings that they have, in their order."""
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    return import_rows(tmp_path, rows, county, headings=headings, kind=kind, **options)


def stage(tmp_path: Path, kind: str, rows: Sequence[Cells], county: County, **options: Any) -> Any:
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    return staged(tmp_path, rows, county, headings=headings, kind=kind, **options)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_row_is_known_again_changed_and_taken_back(tmp_path: Path, county: County, kind: str) -> None:
    model, row, change = SAMPLES[kind]
    before, figures, count = dump_register(), dump_figures(), rows_of(model).count()
    # Recognised by its headings alone.
    report = bring(tmp_path, "", [row], county)
    assert (report.outcome, report.counts, report.problems) == (Outcome.APPLIED, {"new": 1}, [])
    assert rows_of(model).count() == count + 1
    assert disagreeing(county) == 0
    assert bring(tmp_path, kind, [row], county).counts == {"same": 1}
    changed = bring(tmp_path, kind, [row | change], county, now=LATER)
    assert changed.counts == {"changed": 1}
    record = rows_of(model).order_by("pk").last()
    staged_row = StagedRow.objects.get(batch_id=changed.batch_id, row_number=3)
    label = f"register.{model._meta.model_name}"
    assert (staged_row.object_kind, staged_row.object_id) == (label, record.pk)
    assert StagedRow.objects.get(pk=record.source_row_id).batch_id == report.batch_id
    logged = history_of(label, record.pk)
    assert {entry.source_row_id for entry in logged} == {record.source_row_id, staged_row.pk}
    assert disagreeing(county) == 0
    for batch in ImportBatch.objects.filter(kind=kind, revision_id__isnull=False).order_by("-pk"):
        taken_back(batch, LATER)
    after = dump_register()
    assert {table for table in before if before[table] != after[table]} <= {"vault.SubjectKey"}
    assert dump_figures() == figures


def test_values_are_read_in_their_units(tmp_path: Path, county: County) -> None:
    for kind, (_model, row, _change) in SAMPLES.items():
        bring(tmp_path, kind, [row], county)
    dwelling, parcel = rows_of(Dwelling).get(), rows_of(ContractedParcel).get()
    assert (dwelling.area_m2, dwelling.storeys, dwelling.safety_grade) == (Decimal("120.50"), 2, "A")
    assert (parcel.contract_mu, parcel.measured_mu) == (Decimal("1.25"), Decimal("1.31"))
    assert (parcel.use, parcel.transfer, parcel.transfer_fen_per_mu) == ("paddy", "lease", 60_000)
    assert rows_of(CropRecord).get().output_kg == 1300
    assert rows_of(LivestockRecord).get().sales_fen == 400_000
    assert rows_of(Employment).get().monthly_wage_fen == 450_000
    assert rows_of(IncomeRecord).get().stated_per_person_fen == 1_400_000
    tag = rows_of(PolicyTag).get(tag="低保")
    assert (tag.person.name, tag.since, tag.detail["monthly_fen"]) == ("张三", date(2024, 1, 1), 48_000)


OF_HOUSEHOLD = [
    kind
    for kind, (model, _row, _change) in SAMPLES.items()
    if hasattr(model, "household") and model is not PolicyTag
]


@pytest.mark.parametrize("kind", OF_HOUSEHOLD)
def test_the_household_is_found_by_its_number_or_somebody_of_it(
    tmp_path: Path, county: County, kind: str
) -> None:
    model, row, _change = SAMPLES[kind]
    bare = {key: value for key, value in row.items() if key not in ("户号", "户主姓名", "承包方姓名")}
    assert bring(tmp_path, kind, [bare | {"身份证号": LI_NUMBER}], county).counts == {"new": 1}
    assert rows_of(model).get().household.household_no == "002"
    for owner, column in (
        ({"户号": "009"}, "户号"),
        ({"身份证号": id_number(date(1999, 9, 9), 9, is_male=True)}, "身份证号"),
        ({"户主姓名": "无此人甲"}, "户主姓名"),
        ({"户号": "001", "身份证号": LI_NUMBER}, "身份证号"),
        ({"户号": "001", "户主姓名": "李四"}, "户主姓名"),
    ):
        report = bring(tmp_path, kind, [bare | owner], county)
        assert (report.outcome, said(report)) == (Outcome.REFUSED, [(3, column)])
    assert rows_of(model).count() == 1


def test_a_name_alone_names_candidates(tmp_path: Path, county: County) -> None:
    row = {"户主姓名": "张三", "住房面积": 100, "安全等级": "A"}
    batch = stage(tmp_path, "dwellings", [row], county)
    household = rows_of(Household).get(household_no="001")
    assert (row_of(batch, 3).verdict, row_of(batch, 3).candidates) == ("ambiguous", [household.pk])
    choose(batch, row_of(batch, 3), Decision.AS_NEW)  # a house belongs to somebody who is there
    with pytest.raises(RowsUndecided):
        written(batch)
    choose(batch, row_of(batch, 3), Decision.USE_CANDIDATE, household.pk)
    written(batch)
    assert rows_of(Dwelling).get().household_id == household.pk


def test_a_person_is_found_by_number_or_by_name_within_the_household(tmp_path: Path, county: County) -> None:
    work = {"务工开始时间": "2025.3", "务工单位": "某厂", "姓名": "王芳"}
    assert bring(tmp_path, "employment", [work | {"户号": "001"}], county).counts == {"new": 1}
    assert rows_of(Employment).get().person.name == "王芳"
    for owner, column in (
        ({}, "身份证号"),
        ({"户号": "002"}, "姓名"),
        ({"户号": "009"}, "户号"),
        ({"身份证号": LI_NUMBER}, "姓名"),
    ):
        report = bring(tmp_path, "employment", [work | owner], county)
        assert (report.outcome, said(report)) == (Outcome.REFUSED, [(3, column)])


def test_rows_that_say_the_same_are_refused_by_place(tmp_path: Path, county: County) -> None:
    _model, row, _change = SAMPLES["crops"]
    report = bring(tmp_path, "crops", [row, dict(row)], county)
    assert said(report) == [(3, "作物"), (4, "作物")]


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("contracted-parcels", {"承包终止日期": "2016-01-01"}, [(3, "承包终止日期")]),
        ("contracted-parcels", {"流转方式": "未流转"}, [(3, "流转面积")]),
        ("contracted-parcels", {"合同面积(平方米)": 100}, [(3, "合同面积(平方米)")]),
        ("contracted-parcels", {"地块编码": None}, [(3, "地块编码")]),
        ("dwellings", {"安全等级": "很好"}, [(3, "安全等级")]),
        ("crops", {"年份": "去年"}, [(3, "年份")]),
        ("crops", {"产量": 99}, [(3, "产量(斤)")]),
        ("livestock", {"存栏数": "-3"}, [(3, "存栏数")]),
        ("employment", {"务工结束时间": "2024-01-01"}, [(3, "务工结束时间")]),
        ("policy-tags", {"退出时间": "2023-01-01"}, [(3, "退出时间")]),
        ("policy-tags", {"标签名称": None}, [(3, "标签名称")]),
        ("income", {"工资性收入": "不详"}, [(3, "工资性收入")]),
    ],
)
def test_a_planted_error_is_said_where_it_is(
    tmp_path: Path, county: County, kind: str, cells: Cells, expected: list[tuple[int, str]]
) -> None:
    model, row, _change = SAMPLES[kind]
    count = rows_of(model).count()
    report = bring(tmp_path, kind, [row | cells], county)
    assert (report.outcome, said(report)) == (Outcome.REFUSED, expected)
    assert rows_of(model).count() == count


@pytest.mark.parametrize(
    ("kind", "cells", "column"),
    [
        ("contracted-parcels", {"承包总面积(亩)": 9}, "承包总面积(亩)"),
        ("contracted-parcels", {"流转面积(亩)": 5}, "流转面积"),
        ("income", {"人均纯收入": 20000}, "人均纯收入"),
        ("income", {"家庭总收入": 1}, "家庭总收入"),
    ],
)
def test_sums_that_do_not_fit_are_notes(
    tmp_path: Path, county: County, kind: str, cells: Cells, column: str
) -> None:
    model, row, _change = SAMPLES[kind]
    batch = stage(tmp_path, kind, [row | cells], county)
    found = row_of(batch, 3)
    assert (found.verdict, [message["column"] for message in found.messages]) == ("new", [column])
    written(batch)
    assert rows_of(model).count() == 1


# Absent


def test_what_no_longer_holds_is_ended_when_somebody_says_so(tmp_path: Path, county: County) -> None:
    for kind in ("contracted-parcels", "employment", "policy-tags"):
        model, row, _change = SAMPLES[kind]
        other = row | {"地块编码": "5205021030030000199"} if kind == "contracted-parcels" else dict(row)
        if kind == "employment":
            other |= {"务工单位": "另一厂"}
        if kind == "policy-tags":
            other |= {"姓名": "李四", "身份证号": LI_NUMBER}
        bring(tmp_path, kind, [row, other], county)
        batch = stage(tmp_path, kind, [row], county, now=LATER)
        assert batch.counts == {"same": 1, "absent": 1}
        absent = StagedRow.objects.get(batch=batch, verdict="absent")
        choose(batch, absent, Decision.ENDED)
        written(batch, LATER)
        ended = rows_of(model).get(pk=absent.object_id)
        assert ended.until == LATER.date()
        assert disagreeing(county) == 0
        assert stage(tmp_path, kind, [row], county, now=LATER).counts == {"same": 1}


def test_a_list_of_one_tag_says_nothing_of_others(tmp_path: Path, county: County) -> None:
    _model, row, _change = SAMPLES["policy-tags"]
    batch = stage(tmp_path, "policy-tags", [row], county)
    assert batch.counts == {"new": 1}  # 脱贫户 and 留守儿童 of the household ledger are not asked for


def test_a_tag_of_a_household_and_its_end(tmp_path: Path, county: County) -> None:
    row = {
        "户号": "001",
        "户主姓名": "张三",
        "标签名称": "脱贫户",
        "认定时间": "2014",
        "退出时间": "2025-12-31",
        "标签说明": "因学",
    }
    assert bring(tmp_path, "policy-tags", [row], county).counts == {"changed": 1}
    tag = rows_of(PolicyTag).get(tag="脱贫户")
    assert (tag.household.household_no, tag.until) == ("001", date(2025, 12, 31))
    assert tag.detail == {"stated": "因学", "since_written": "2014"}
    assert bring(tmp_path, "policy-tags", [row], county).counts == {"same": 1}
    again = row | {"认定时间": "2026-01-01", "退出时间": None}
    assert bring(tmp_path, "policy-tags", [again], county).counts == {"new": 1}
    assert bring(tmp_path, "policy-tags", [row, again], county).counts == {"same": 2}
    assert disagreeing(county) == 0


def test_unknown_columns_are_kept_and_personal_ones_sealed(tmp_path: Path, county: County) -> None:
    for kind in ("dwellings", "policy-tags"):
        model, row, _change = SAMPLES[kind]
        bring(
            tmp_path,
            kind,
            [row | {"备注栏": "靠路", "帮扶责任人": "赵某", "联系方式": "13800000000"}],
            county,
        )
        record = rows_of(model).order_by("pk").last()
        extra = record.detail["extra"] if kind == "policy-tags" else record.extra
        assert extra == {"备注栏": "靠路"}
        zhang = rows_of(Person).get(name="张三")
        names = ["extra:帮扶责任人", "extra:联系方式"]
        held = read_masked(county_id=county.pk, subjects=[zhang.person_uid], names=names)
        assert {name: value.reveal() for name, value in held[zhang.person_uid].items()} == dict(
            zip(names, ("赵某", "13800000000"), strict=True)
        )


# Where and whose


def test_a_ledger_stays_within_its_division(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, [person("周五", "户主", date(1960, 1, 1), 户号="001")], county, division=SIBLING)
    row = {"户号": "001", "户主姓名": "周五", "住房面积": 80, "安全等级": "C", "区划代码": SIBLING}
    report = bring(tmp_path, "dwellings", [row], county, division=VILLAGE)
    assert said(report) == [(3, "区划代码")]
    assert bring(tmp_path, "dwellings", [row], county, division="520502103").counts == {"new": 1}
    assert rows_of(Dwelling).get().household.division_code == SIBLING


def test_sample_and_real_households_stay_apart(tmp_path: Path, county: County) -> None:
    row = {"户号": "001", "住房面积": 80, "安全等级": "C"}
    report = bring(tmp_path, "dwellings", [row], county, is_sample=False)
    assert said(report) == [(3, "户号")]
