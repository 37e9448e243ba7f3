"""A ledger that came in leaves in its own layout as it was, cell by cell; and comes in again without a change."""

import io
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest
from django.core.management import call_command

from tests.cast import OWN, Cast, sample_id_number
from tests.exports.conftest import Ask, viewer
from xiaoyuan.audit.models import ChangeEntry
from xiaoyuan.exports.actions import TemplateMeaning, fetch_export, keep_template
from xiaoyuan.exports.layouts import guess, outline
from xiaoyuan.exports.models import ExportFormat, ExportRequest
from xiaoyuan.exports.sources import export_sources
from xiaoyuan.register.models import Household, Person

pytestmark = pytest.mark.django_db

HEADINGS: Final = (
    "户编号", "姓名", "性别", "证件号码", "与户主的关系", "出生年月日", "民族", "学历", "政治面貌", "婚姻状态",
    "是否在校", "健康状态", "务工地", "务工月数", "手机号码", "是否常住人口", "低保", "村民小组",
    "住房面积(平方米)", "房屋结构", "建成年份", "耕地面积", "林地面积", "种植情况", "政策类别", "备注", "联系人电话",
)  # fmt: skip
REMARK: Final = HEADINGS.index("备注") + 1
REMARKS: Final = ("=待核实", "＋外出", "@村委", "-无", "户口待迁")
ROWS: Final = 240


def ledger(path: Path) -> list[list[Any]]:
    """Write a ledger of invented families with a title, and return its rows as they stand in the file."""
    chance = random.Random(7)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    last = openpyxl.utils.get_column_letter(len(HEADINGS))
    sheet.merge_cells(f"A1:{last}1")
    sheet["A1"] = "双堰社区户籍台账"
    sheet.append(HEADINGS)
    rows: list[list[Any]] = []
    while len(rows) < ROWS:
        rows += _family(chance, len(rows))
    for row in rows:
        sheet.append(row)
        sheet.cell(sheet.max_row, 6).number_format = "yyyy-mm-dd"
        sheet.cell(sheet.max_row, REMARK).data_type = "s"  # a text, whatever it begins with
    book.save(path)
    return rows


def _family(chance: random.Random, start: int) -> list[list[Any]]:
    number, group = f"0{7000 + start}", f"{chance.choice('一二三')}组"
    relations = ["户主", "配偶", "长子", "女", "母"][: chance.randint(1, 5)]
    rows = []
    for place, relation in enumerate(relations):
        is_male = relation in ("户主", "长子")
        years = {"户主": 45, "配偶": 44, "长子": 18, "女": 12, "母": 70}[relation]
        birth = date(2026, 1, 1) - timedelta(days=365 * years + chance.randint(1, 300))
        sequence = (start + place) * 2 % 998 + 1
        sequence += (sequence % 2 == 1) != is_male
        is_first = place == 0
        tags = [
            *(["脱贫户(2018年脱贫)"] if is_first and start % 3 == 0 else []),
            *(["党员"] if is_first else []),
        ]
        rows.append(
            [
                number, f"{chance.choice('张王李𠮷')}{chance.choice('秀国小')}{start + place}",
                "男" if is_male else "女", sample_id_number(birth, sequence), relation, birth, "穿青人",
                chance.choice(["初中", "小学", "本科"]), "群众", chance.choice(["已婚", "未婚"]),
                "是" if years < 19 else "否", "健康", chance.choice([None, "浙江温州"]), chance.choice([0, 3, 11]),
                f"190{start + place:08d}", chance.choice(["是", "否"]), "否", group,
                *([round(chance.uniform(60, 300), 2), "砖混", 1998, round(chance.uniform(1, 9), 2), 3, "水稻、玉米"]
                  if is_first else [None] * 6),
                ";".join(tags) or None, chance.choice(REMARKS), f"139{start + place:08d}",
            ]
        )  # fmt: skip
    return rows


def emptied(source: Path, target: Path) -> None:
    """Take the records out: the layout that an office would send."""
    book = openpyxl.load_workbook(source)
    sheet = book.worksheets[0]
    sheet.delete_rows(4, sheet.max_row)
    for cell in sheet[3]:
        cell.value = None
    book.save(target)


def cells(content: bytes | Path) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content) if isinstance(content, bytes) else content)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def differences(first: Sequence[Sequence[Any]], second: Sequence[Sequence[Any]]) -> list[str]:
    assert len(first) == len(second)
    return [
        f"{HEADINGS[column]}{row + 1}: {a!r} -> {b!r}"
        for row, (one, other) in enumerate(zip(first, second, strict=True))
        for column, (a, b) in enumerate(zip(one, other, strict=True))
        if a != b
    ]


@pytest.fixture
def handed_back(cast: Cast, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, bytes]:
    """The ledger of the own village, alone in it, and its layout filled with what came in."""
    monkeypatch.setattr("xiaoyuan.exports.actions.PEOPLE_ALONE", 10_000)
    Household.objects.unscoped("a test").filter(division_code=OWN).delete()
    Person.objects.unscoped("a test").filter(division_code=OWN).delete()
    source, layout = tmp_path / "台账.xlsx", tmp_path / "空表.xlsx"
    written = ledger(source)
    call_command("import_ledger", source, division=OWN, sample=True, verbosity=0)
    emptied(source, layout)
    found = guess(outline(layout), [one for one in export_sources() if one.is_offered], {})
    assert (found.source_key, found.first_row) == ("people", 3)
    assert set(found.headings.values()) == set(HEADINGS)
    template = keep_template(
        path=layout,
        file_name="空表.xlsx",
        name="台账",
        county_id=cast.own.household.county_id,
        division_code=OWN,
        meaning=TemplateMeaning(
            found.source_key, found.sheet, found.first_row, found.columns, found.headings
        ),
        actor=viewer(cast.users["wang"]).actor,
        now=cast.own.batch.created_at,
    )
    request: ExportRequest = ask(
        format=ExportFormat.TEMPLATE, template=template, is_masked=False, reason="交回"
    )
    assert request.row_count == len(written)
    return source, b"".join(
        fetch_export(request=request, viewer=viewer(cast.users["wang"]), now=cast.own.batch.created_at)
    )


def test_cell_by_cell(handed_back: tuple[Path, bytes]) -> None:
    source, filled = handed_back
    original = cells(source)
    assert len(original) >= ROWS + 2
    assert differences(original, cells(filled)) == []


def test_it_comes_in_again_without_a_change(handed_back: tuple[Path, bytes], tmp_path: Path) -> None:
    _source, filled = handed_back
    again = tmp_path / "填报.xlsx"
    again.write_bytes(filled)
    before = ChangeEntry.objects.count()
    call_command("import_ledger", again, division=OWN, sample=True, verbosity=0)
    assert ChangeEntry.objects.count() == before


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    rows = ledger(tmp_path / "a.xlsx")
    changed = [list(row) for row in rows]
    changed[5][0] = int(changed[5][0])  # a household number that became a number
    assert len(differences(rows, changed)) == 1
