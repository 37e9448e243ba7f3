"""A village for ledger tests: its divisions and courtyards, rows of invented people, and the import itself."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely

from tests.intake.workbooks import CLERK, write_book
from xiaoyuan.intake.columns import ImportContext
from xiaoyuan.intake.pipeline import ImportReport, import_at_once, read_batch, receive_file
from xiaoyuan.lib.id_number import SAMPLE_AREA, check_character
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.choices import DivisionLevel, DivisionOrigin
from xiaoyuan.register.models import County, Courtyard, Division

NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
LATER = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
TOWN = "520502103"
VILLAGE = "520502103003"
SIBLING = "520502103209"
COURTYARDS = ("SY-001", "SY-002", "LS-001")
HEADINGS = (
    "户号", "姓名", "性别", "身份证号", "与户主关系", "民族", "文化程度", "在校学生", "务工地点", "务工时间",
    "联系电话", "低保", "是否常住", "组别", "院落编号", "住房面积", "耕地面积(亩)", "政策标签", "备注",
)  # fmt: skip
Cells = dict[str, Any]


def id_number(born: date, number: int, *, is_male: bool, area: str = SAMPLE_AREA) -> str:
    """An identity number of an invented person; `number` tells namesakes apart (0-499)."""
    first17 = f"{area}{born:%Y%m%d}{2 * number + is_male:03d}"
    return first17 + check_character(first17)


def person(
    name: str, relation: str, born: date, number: int = 1, *, is_male: bool = True, **cells: Any
) -> Cells:
    """A row of a household ledger."""
    row: Cells = {
        "姓名": name,
        "性别": "男" if is_male else "女",
        "身份证号": id_number(born, number, is_male=is_male),
        "与户主关系": relation,
        "是否常住": "是",
    }
    return row | cells


def two_households() -> list[Cells]:
    """Zhang's family of three in courtyard SY-001, old Li alone in SY-002."""
    return [
        person(
            "张三", "户主", date(1968, 5, 20), 户号="001", 院落编号="SY-001", 组别="一组", 联系电话="10012345678",
            务工地点="浙江宁波", 务工时间="10个月", 是否常住="否", 政策标签="脱贫户(2018年脱贫);党员", 备注="样例",
        ),
        person(
            "王芳", "配偶", date(1970, 8, 1), is_male=False, 户号="001", 院落编号="SY-001", 文化程度="初中", 低保="否",
        ),
        person("张小明", "子", date(2012, 3, 3), 户号="001", 在校学生="是", 政策标签="留守儿童"),
        person("李四", "户主", date(1948, 1, 9), 户号="002", 院落编号="SY-002", 低保="是", 住房面积=86.5)
        | {"耕地面积(亩)": 2.35},
    ]  # fmt: skip


def make_village() -> County:
    """Divisions down to two villages, and courtyards in both."""
    parent = None
    for code, name, level in (
        ("52", "贵州省", DivisionLevel.PROVINCE),
        ("5205", "毕节市", DivisionLevel.CITY),
        ("520502", "七星关区", DivisionLevel.COUNTY),
        (TOWN, "朱昌镇", DivisionLevel.TOWNSHIP),
    ):
        parent = Division.objects.create(
            code=code, name=name, level=level, parent=parent, origin=DivisionOrigin.NATIONAL
        )
    for code, name in ((VILLAGE, "双堰社区居民委员会"), (SIBLING, "螺蛳村村民委员会")):
        Division.objects.create(
            code=code, name=name, level=DivisionLevel.VILLAGE, parent=parent, origin=DivisionOrigin.NATIONAL
        )
    county = ensure_county(VILLAGE)
    shape = shapely.box(105.3, 27.3, 105.4, 27.4)
    for cid, code in enumerate(COURTYARDS, start=1):
        Courtyard.objects.create(
            county=county, division_code=SIBLING if code.startswith("LS") else VILLAGE, cid=cid, code=code,
            wkb=shape.wkb, min_lon=105.3, min_lat=27.3, max_lon=105.4, max_lat=27.4, created_at=NOW, updated_at=NOW,
            is_sample=True,
        )  # fmt: skip
    return county


def context(
    county: County, *, division: str = VILLAGE, is_sample: bool = True, now: datetime = NOW
) -> ImportContext:
    """For whom an import runs."""
    return ImportContext(county.pk, division, is_sample, CLERK, now, now.date())


def import_rows(
    tmp_path: Path,
    rows: Sequence[Cells],
    county: County,
    *,
    headings: Sequence[str] = HEADINGS,
    kind: str = "households",
    **options: Any,
) -> ImportReport:
    """Write rows below a title into a workbook and import it."""
    cells = [[row.get(heading) for heading in headings] for row in rows]
    path = write_book(tmp_path / "台账.xlsx", {"台账": [["双堰社区台账"], list(headings), *cells]})
    return import_path(path, county, kind=kind, **options)


def import_path(path: Path, county: County, *, kind: str = "", **options: Any) -> ImportReport:
    """Import a file in one go."""
    where = context(county, **options)
    with path.open("rb") as source:
        batch = receive_file(
            source=source,
            file_name=path.name,
            county_id=where.county_id,
            division_code=where.division_code,
            is_sample=where.is_sample,
            actor=where.actor,
            now=where.now,
            kind_key=kind,
        )
    read_batch(batch.pk)
    return import_at_once(batch_id=batch.pk, actor=where.actor, now=where.now)


def said(report: ImportReport) -> list[tuple[int, str]]:
    """Return row and column of each problem. Data starts in row 3."""
    return [(problem.row_number, problem.column) for problem in report.problems]
