"""The ledgers: readable as a clerk's workbook, consistent with the map, and impossible to mistake for real people."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from tests.sample.conftest import Layer, rows_of
from xiaoyuan.lib.id_number import check_character
from xiaoyuan.sample import SampleReport
from xiaoyuan.sample.ledger import COLUMNS
from xiaoyuan.sample.town import DENSE

Ledgers = dict[str, list[dict[str, object]]]
AS_OF = date(2026, 1, 1)


def households(rows: list[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    grouped: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        grouped[str(row["户号"])].append(row)
    return grouped


def born(row: dict[str, object]) -> date:
    return date.fromisoformat(str(row["身份证号"])[6:14])


def test_it_reads_as_a_clerks_workbook(report: SampleReport, ledgers: Ledgers) -> None:
    title, _ = rows_of(report.ledgers[DENSE])
    assert title == "朱昌镇双堰社区户籍台账(样例,人员均为虚构)"
    for code, rows in ledgers.items():
        assert tuple(rows[0]) == COLUMNS
        assert len(rows) == report.villages[code].people
        assert {row["区划代码"] for row in rows} == {code}
        assert len(households(rows)) == report.villages[code].households
        assert sum(row["是否常住"] == "是" for row in rows) == report.villages[code].residents


def test_identity_numbers_are_right_unique_and_unallocated(ledgers: Ledgers) -> None:
    seen: set[str] = set()
    for rows in ledgers.values():
        for row in rows:
            number = row["身份证号"]
            assert isinstance(number, str)
            assert number.startswith("990001")
            assert number[17] == check_character(number[:17])
            assert (int(number[16]) % 2 == 1) == (row["性别"] == "男")
            assert date(1925, 1, 1) < born(row) <= AS_OF
            seen.add(number)
    assert len(seen) == sum(map(len, ledgers.values()))


def test_telephone_numbers_belong_to_nobody(ledgers: Ledgers) -> None:
    phones = [str(row["联系电话"]) for rows in ledgers.values() for row in rows if row["联系电话"]]
    assert all(len(phone) == 11 and phone.startswith("100") for phone in phones)
    assert len(set(phones)) == len(phones) > 1000


def test_each_household_has_one_head_and_lives_in_a_lot_of_its_group(
    ledgers: Ledgers, layers: dict[str, Layer]
) -> None:
    lots = layers["院落"]
    group_of = dict(zip(lots["院落编号"], lots["组别"], strict=True))
    for code, rows in ledgers.items():
        for members in households(rows).values():
            assert [row["与户主关系"] for row in members].count("户主") == 1
            assert members[0]["与户主关系"] == "户主"
            assert len({row["院落编号"] for row in members}) == 1
            assert group_of[members[0]["院落编号"]] == members[0]["组别"]
            assert str(members[0]["院落编号"]).startswith(code)


def test_families_are_possible(ledgers: Ledgers) -> None:
    """Parents are old enough, spouses differ in sex, pupils are of school age, children own no job."""
    for rows in ledgers.values():
        for members in households(rows).values():
            head = members[0]
            at_most_one = Counter(row["与户主关系"] for row in members)
            assert all(at_most_one[one] <= 1 for one in ("配偶", "父", "母", "长子", "次子"))
            for row in members:
                gap = (born(row) - born(head)).days / 365.25
                relation = row["与户主关系"]
                if relation in ("长子", "次子", "子", "女"):
                    assert gap > 17
                if relation in ("父", "母"):
                    assert gap < -17
                if relation in ("孙子", "孙女"):
                    assert gap > 34
                if relation == "配偶":
                    assert row["性别"] != head["性别"]
                    assert row["婚姻状况"] == head["婚姻状况"] == "已婚"
                age = (AS_OF - born(row)).days / 365.25
                assert not (row["在校学生"] == "是" and not 5.9 < age < 24)
                assert not (row["务工地点"] and not 16.9 < age < 61.1)
                assert bool(row["务工地点"]) == bool(row["务工时间"])


def test_farmland_in_the_ledger_is_the_land_on_the_map(ledgers: Ledgers, layers: dict[str, Layer]) -> None:
    fields = layers["地块"]
    held: dict[str, Decimal] = defaultdict(Decimal)
    for number, area in zip(fields["承包户号"], fields["面积_亩"], strict=True):
        if number:
            held[str(number)] += Decimal(str(area))
    written = {
        str(row["户号"]): Decimal(str(row["耕地面积(亩)"]))
        for rows in ledgers.values()
        for row in rows
        if row["与户主关系"] == "户主"
    }
    assert set(held) <= set(written)
    assert all(written[number] == held.get(number, Decimal(0)) for number in written)
    assert sum(area > 0 for area in written.values()) > 0.8 * len(written)


def test_income_a_head_adds_up(ledgers: Ledgers) -> None:
    for rows in ledgers.values():
        for members in households(rows).values():
            head = members[0]
            earned = sum(
                float(str(head[name])) for name in ("工资性收入", "经营性收入", "转移性收入", "财产性收入")
            )
            net = (earned - float(str(head["支出"]))) / len(members)
            assert float(str(head["人均纯收入"])) == pytest.approx(net, abs=0.51)
            assert all(
                row["工资性收入"] == "" for row in members[1:]
            )  # household facts stand on the head's row only


def test_the_village_is_a_village(ledgers: Ledgers) -> None:
    """Shares a reader would notice: migrants, old people, pupils, peoples."""
    for rows in ledgers.values():
        count = len(rows)
        assert 0.15 < sum(bool(row["务工地点"]) for row in rows) / count < 0.45
        assert 0.1 < sum((AS_OF - born(row)).days > 60 * 365.25 for row in rows) / count < 0.3
        assert 0.1 < sum(row["在校学生"] == "是" for row in rows) / count < 0.35
        assert {"汉族", "彝族", "苗族", "布依族", "穿青人"} <= {row["民族"] for row in rows}
        assert any("留守儿童" in str(row["政策标签"]) for row in rows)
        assert len({row["姓名"] for row in rows}) > 0.8 * count
