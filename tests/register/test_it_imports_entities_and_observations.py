"""Workbooks of business entities and observations through the same engine; money in fen, grades beside numbers."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.register.ledgers import LATER, SIBLING, TOWN, VILLAGE, import_rows, make_village, said
from tests.register.reconciling import taken_back
from tests.register.tables import dump_figures, dump_register
from xiaoyuan.audit.queries import history_of
from xiaoyuan.figures.queries import by_dimension, total
from xiaoyuan.intake.models import ImportBatch, StagedRow
from xiaoyuan.intake.pipeline import Outcome
from xiaoyuan.intake.queries import staged_cells
from xiaoyuan.register import counters
from xiaoyuan.register.models import BusinessEntity, County, Observation
from xiaoyuan.vault.actions import read_masked

pytestmark = pytest.mark.django_db
ENTITY_HEADINGS = (
    "名称", "类型", "区划代码", "行业", "负责人", "联系电话", "经营面积(亩)", "从业人数", "年产值(万元)",
    "成立日期", "备注",
)  # fmt: skip
OBSERVATION_HEADINGS = ("区划代码", "指标代码", "指标名称", "数值", "单位", "观测日期", "来源", "填报人")


@pytest.fixture
def county() -> County:
    return make_village()


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def entity(name: str, **cells: Any) -> dict[str, Any]:
    row = {
        "名称": name,
        "类型": "家庭农场",
        "区划代码": VILLAGE,
        "行业": "水果种植",
        "负责人": "李某",
        "联系电话": "10012345678",
        "经营面积(亩)": 35.5,
        "从业人数": 4,
        "年产值(万元)": 12.34,
        "成立日期": date(2015, 6, 1),
    }
    return row | cells


def entities(tmp_path: Path, county: County, *rows: dict[str, Any], **options: Any) -> Any:
    return import_rows(tmp_path, rows, county, headings=ENTITY_HEADINGS, kind="", division=TOWN, **options)


def observation(**cells: Any) -> dict[str, Any]:
    row = {
        "区划代码": VILLAGE,
        "指标代码": "forest_cover_ratio",
        "指标名称": "森林覆盖率",
        "数值": 61.25,
        "单位": "%",
        "观测日期": date(2025, 12, 31),
        "来源": "镇自然资源所",
        "填报人": "填报员",
    }
    return row | cells


def observations(tmp_path: Path, county: County, *rows: dict[str, Any], **options: Any) -> Any:
    return import_rows(
        tmp_path, rows, county, headings=OBSERVATION_HEADINGS, kind="", division=TOWN, **options
    )


def test_an_entity_is_written_and_counted(tmp_path: Path, county: County) -> None:
    shop = entity(
        "便民超市",
        **{
            "类型": "个体工商户",
            "区划代码": SIBLING,
            "年产值(万元)": "0.29",
            "从业人数": None,
            "备注": "新开",
        },
    )
    assert entities(tmp_path, county, entity("樱桃农场"), shop).outcome is Outcome.APPLIED
    farm, market = rows_of(BusinessEntity).order_by("pk")
    assert (farm.output_fen, market.output_fen) == (12_340_000, 290_000)
    assert (farm.area_mu, farm.workers, farm.founded_on) == (Decimal("35.50"), 4, date(2015, 6, 1))
    assert (market.division_code, market.extra, market.workers) == (SIBLING, {"备注": "新开"}, None)
    held = read_masked(county_id=county.pk, subjects=[farm.contact_uid], names=["phone"])
    assert held[farm.contact_uid]["phone"].reveal() == "10012345678"
    counted: dict[str, Any] = {"code": TOWN, "as_of": LATER.date(), "is_sample": True}
    assert by_dimension(counters.BUSINESS_ENTITIES, **counted) == {"家庭农场": 1, "个体工商户": 1}
    assert (total(counters.BUSINESS_OUTPUT, **counted), total(counters.BUSINESS_WORKERS, **counted)) == (
        12_630_000,
        4,
    )
    assert all(row.cells is None for row in StagedRow.objects.all())


def test_a_changed_entity_moves_its_figures(tmp_path: Path, county: County) -> None:
    entities(tmp_path, county, entity("樱桃农场"))
    assert entities(tmp_path, county, entity("樱桃农场")).outcome is Outcome.UNCHANGED
    changed = entity(
        "樱桃农场", **{"类型": "企业", "年产值(万元)": 20, "从业人数": 9, "联系电话": "10000000001"}
    )
    assert entities(tmp_path, county, changed, now=LATER).counts == {"changed": 1}
    farm = rows_of(BusinessEntity).get()
    assert (farm.kind, farm.output_fen, farm.row_version) == ("企业", 20_000_000, 2)
    fields = {entry.field for entry in history_of("register.businessentity", farm.pk)}
    assert fields == {"", "kind", "output_fen", "workers", "phone"}
    counted: dict[str, Any] = {"code": TOWN, "as_of": LATER.date(), "is_sample": True}
    assert by_dimension(counters.BUSINESS_ENTITIES, **counted) == {"企业": 1}
    assert (total(counters.BUSINESS_OUTPUT, **counted), total(counters.BUSINESS_WORKERS, **counted)) == (
        20_000_000,
        9,
    )


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"名称": None}, "名称"),
        ({"区划代码": "520502104001"}, "区划代码"),
        ({"区划代码": "520502103999"}, "区划代码"),
        ({"区划代码": None}, "区划代码"),
        ({"年产值(万元)": "12万"}, "年产值(万元)"),
        ({"从业人数": 1.5}, "从业人数"),
        ({"联系电话": "x"}, "联系电话"),
        ({"成立日期": date(2030, 1, 1)}, "成立日期"),
    ],
)
def test_a_wrong_entity_is_refused(
    tmp_path: Path, county: County, cells: dict[str, Any], column: str
) -> None:
    report = entities(tmp_path, county, entity("樱桃农场"), entity("刺梨农场", **cells))
    assert (report.outcome, said(report)) == (Outcome.REFUSED, [(4, column)])
    assert not rows_of(BusinessEntity).exists()


def test_the_same_entity_twice_is_refused(tmp_path: Path, county: County) -> None:
    report = entities(tmp_path, county, entity("樱桃农场"), entity("樱桃农场", 行业="茶叶"))
    assert said(report) == [(3, "名称"), (4, "名称")]
    assert entities(tmp_path, county, entity("樱桃农场"), entity("樱桃农场", 区划代码=SIBLING)).counts == {
        "new": 2
    }


def test_observations_are_numbers_or_grades(tmp_path: Path, county: County) -> None:
    water = observation(指标代码="water_quality_grade", 指标名称="水质类别", 数值="Ⅲ", 单位="类")
    town = observation(区划代码=TOWN, 数值="-1.5")
    assert observations(tmp_path, county, observation(), water, town).counts == {"new": 3}
    found = {row.division_code + row.indicator: row for row in rows_of(Observation)}
    cover, grade = found[VILLAGE + "forest_cover_ratio"], found[VILLAGE + "water_quality_grade"]
    assert (cover.value, cover.text_value, cover.unit, cover.entered_by) == (
        Decimal("61.2500"),
        "",
        "%",
        "填报员",
    )
    assert (grade.value, grade.text_value, grade.indicator_name) == (None, "III", "水质类别")
    assert found[TOWN + "forest_cover_ratio"].value == Decimal("-1.5")
    assert staged_cells(StagedRow.objects.get(pk=cover.source_row_id))["cells"]["数值"] == "61.25"


def test_an_observation_is_known_by_place_indicator_day_and_source(tmp_path: Path, county: County) -> None:
    observations(tmp_path, county, observation())
    assert observations(tmp_path, county, observation()).outcome is Outcome.UNCHANGED
    report = observations(
        tmp_path,
        county,
        observation(数值=62),
        observation(来源="村级统计"),
        observation(观测日期="2024-12-31"),
    )
    assert report.counts == {"changed": 1, "new": 2}
    assert rows_of(Observation).count() == 3


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"数值": None}, "数值"),
        ({"数值": "约60"}, "数值"),
        ({"观测日期": "2025.12"}, "观测日期"),
        ({"观测日期": "2027-01-01"}, "观测日期"),
        ({"来源": ""}, "来源"),
        ({"区划代码": "5205"}, "区划代码"),
    ],
)
def test_a_wrong_observation_is_refused(
    tmp_path: Path, county: County, cells: dict[str, Any], column: str
) -> None:
    report = observations(tmp_path, county, observation(**cells))
    assert (report.outcome, said(report)) == (Outcome.REFUSED, [(3, column)])


def test_an_observation_holds_no_personal_data(tmp_path: Path, county: County) -> None:
    report = import_rows(
        tmp_path, [observation() | {"联系人电话": "10012345678"}], county,
        headings=[*OBSERVATION_HEADINGS, "联系人电话"], kind="observations",
    )  # fmt: skip
    assert (report.outcome, said(report)) == (Outcome.REFUSED, [(3, "联系人电话")])
    kept = StagedRow.objects.get(batch_id=report.batch_id)
    assert kept.cells is None, "what was refused lies in the open"
    assert staged_cells(kept)["cells"]["联系人电话"] == "10012345678"


def test_entities_and_observations_are_taken_back(tmp_path: Path, county: County) -> None:
    before, figures = dump_register(), dump_figures()
    entities(tmp_path, county, entity("双堰合作社", 联系电话="13800000000"))
    entities(tmp_path, county, entity("双堰合作社", 从业人数=99, 联系电话="13900000000"), now=LATER)
    observations(tmp_path, county, observation())
    observations(tmp_path, county, observation(数值=7), now=LATER)
    batches = ImportBatch.objects.order_by("-pk")
    assert len(batches) == 4
    for batch in batches:
        taken_back(batch, LATER)
    after = dump_register()
    assert {table for table in before if before[table] != after[table]} <= {"vault.SubjectKey"}
    assert dump_figures() == figures
