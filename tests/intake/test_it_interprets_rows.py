"""Merged cells, 同上, totals, notes, headings printed again, formulas without a value: no guess, no loss."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.workbooks import TODAY, Orchard
from tests.register.ledgers import id_number
from xiaoyuan.intake.cells import code, decimal, is_blank, name, text, word, yes_no
from xiaoyuan.intake.columns import Column, LedgerKind, Row
from xiaoyuan.intake.interpreting import Interpreter, SkippedRow
from xiaoyuan.intake.layouts import LEFT_OUT
from xiaoyuan.intake.recognising import propose, with_choices
from xiaoyuan.intake.sheets import LostValue, RowChunk, SheetInfo, Span

TREES = Orchard().kind()
Rows = list[list[Any]]
HEADINGS = ["户号", "姓名", "关系", "性别", "面积", "备注"]
FAMILY = LedgerKind(
    key="families",
    label="families",
    columns=(
        Column(
            "number", "户号", code(20), is_required=True, is_filled=True, is_merged_down=True,
            begins_anew=lambda values: values.get("relation") == "head",
        ),
        Column("name", "姓名", name(60), is_required=True, is_filled=True, is_personal=True),
        Column("relation", "关系", word({"户主": "head", "子": "child"}, "户主, 子"), is_filled=True),
        Column("sex", "性别", word({"男": "m", "女": "f"}, "男, 女")),
        Column("area", "面积", decimal(1)),
        Column("is_poor", "贫困", yes_no),
        Column("group", "组别", text(20), is_merged_down=True),
    ),
    judge=TREES.judge, apply=TREES.apply, lock=TREES.lock, take_back=TREES.take_back,
)  # fmt: skip


def read(
    rows: Rows,
    *,
    spans: Sequence[Span] = (),
    step: int = 2,
    columns: int = 0,
    choices: dict[tuple[int, int], str] | None = None,
) -> list[Row | SkippedRow]:
    """Interpret rows that arrive in chunks of `step`."""
    info = SheetInfo(0, "表", len(rows), columns or max(map(len, rows)), spans=tuple(spans))
    heads = {0: rows[:60]}
    mapping = propose([info], heads, (FAMILY,))
    if choices:
        mapping = with_choices(mapping, [info], heads, FAMILY, choices)
    other = RowChunk(1, 0, [["another", "sheet"]])
    chunks = [RowChunk(0, start, rows[start : start + step]) for start in range(0, len(rows), step)]
    return list(Interpreter(info, mapping.sheets[0], FAMILY, TODAY).rows([other, *chunks]))


def data(found: Sequence[Row | SkippedRow]) -> list[Row]:
    return [row for row in found if isinstance(row, Row)]


def numbers(found: Sequence[Row | SkippedRow]) -> list[Any]:
    return [row.values["number"] for row in data(found)]


def skipped(found: Sequence[Row | SkippedRow]) -> list[int]:
    return [row.number for row in found if isinstance(row, SkippedRow)]


def problems(found: Sequence[Row | SkippedRow]) -> list[tuple[int, str]]:
    return [(one.row_number, one.column) for row in data(found) for one in row.problems]


def test_a_merged_cell_holds_for_all_its_rows() -> None:
    rows: Rows = [
        HEADINGS,
        ["1", "甲", "户主", "男", 80, "x"], [None, "乙", "子"], [None, "丙", "子"],
        ["2", "丁", "户主"], [None, "戊", "子"],
    ]  # fmt: skip
    found = read(rows, spans=[Span(1, 0, 3, 0), Span(4, 0, 5, 0), Span(1, 4, 3, 4)])
    assert numbers(found) == ["1", "1", "1", "2", "2"]
    assert [row.values["area"] for row in data(found)][:2] == [80, None]  # the area is said once for all
    assert data(found)[1].written["户号"] == "1"
    assert problems(found) == []


def test_a_row_below_a_merged_cell_is_not_in_it() -> None:
    rows: Rows = [HEADINGS, ["1", "甲", "户主"], [None, "乙", "子"], [None, "丙", "子"]]
    found = read(rows, spans=[Span(1, 0, 2, 0)])
    assert numbers(found) == ["1", "1", None]
    assert problems(found) == [(4, "户号")]


def test_an_empty_number_below_the_head_is_the_heads() -> None:
    rows: Rows = [HEADINGS, ["1", "甲", "户主"], [None, "乙", "子"], ["2", "丙", "户主"], ["", "丁", "子"]]
    assert numbers(read(rows)) == ["1", "1", "2", "2"]
    assert problems(read(rows)) == []


def test_an_empty_number_that_may_be_a_fault_is_one() -> None:
    below_head: Rows = [
        HEADINGS, ["1", "甲", "户主"], [None, "乙", "子"], [None, "丙", "户主"], [None, "丁", "子"],
        ["3", "戊", "户主"], [None, "己", "子"],
    ]  # fmt: skip
    assert numbers(read(below_head)) == ["1", "1", None, None, "3", "3"]
    assert problems(read(below_head)) == [(4, "户号"), (5, "户号")]
    written_everywhere: Rows = [HEADINGS, ["1", "甲", "户主"], ["1", "乙", "子"], [None, "丙", "子"]]
    assert problems(read(written_everywhere)) == [(4, "户号")]
    parted: Rows = [HEADINGS, ["1", "甲", "户主"], [None, "乙", "子"], [], [None, "丙", "子"]]
    assert problems(read(parted)) == [(5, "户号")]


@pytest.mark.parametrize("sign", ["同上", "〃", "″", "同上行", " 同上 "])
def test_same_as_above(sign: str) -> None:
    rows: Rows = [
        HEADINGS,
        ["1", "甲", "户主", "男", 80, "水井"],
        ["1", "乙", "子", sign, sign, sign],
        ["1", "丙", "子", sign],
    ]
    found = data(read(rows))
    assert [row.values["sex"] for row in found] == ["m", "m", "m"]
    assert [row.values["area"] for row in found] == [80, 80, None]
    assert [row.extra for row in found] == [{"备注": "水井"}, {"备注": "水井"}, {}]
    assert found[1].written["性别"] == "男"


def test_same_as_above_without_a_row_above_is_a_fault() -> None:
    assert problems(read([HEADINGS, ["1", "甲", "户主", "同上", 1, "同上"]])) == [(2, "性别"), (2, "备注")]


def test_same_as_above_passes_over_rows_without_data() -> None:
    rows: Rows = [
        HEADINGS,
        ["1", "甲", "户主", "男"],
        ["小计", None, None, None, 3],
        [],
        ["2", "乙", "户主", "同上"],
    ]
    assert data(read(rows))[1].values["sex"] == "m"


@pytest.mark.parametrize(
    "cells",
    [
        ["合计", None, None, None, 160], ["小  计", "", "", "", 3], [None, "总计", None, None, 1], ["共2户", "3人"],
        ["共 2 户 3 人"], ["本页小计", 3], ["合计：3人"],
            ["填表人：王某", None, None, "审核：李某"], ["注：面积为平方米"],
        ["备注：以上属实"], ["审核人（签字）：李某"], ["制表日期：2026年3月"], ["第1页 共3页"],
            ["户号", "姓名", "关系", "性别"],
        ["单位负责人：李某"], ["说 明：无"],
    ],
)  # fmt: skip
def test_rows_without_data_are_set_aside_with_a_reason(cells: list[Any]) -> None:
    rows: Rows = [["某村台账"], HEADINGS, ["1", "甲", "户主"], cells, ["2", "乙", "户主"]]
    found = read(rows)
    assert numbers(found) == ["1", "2"]
    assert [(row.number, bool(row.reason)) for row in found if isinstance(row, SkippedRow)] == [(4, True)]


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "合计", "户主"], ["1", "共友", "子"], ["1", "总兵", "户主", "男", 1, "合计"],
            [None, "乙", "子", None, None, "小计"],
        ["2", "说明", "户主"], ["填表人", "乙", "户主"],
    ],
)  # fmt: skip
def test_a_row_that_names_a_person_is_never_set_aside(cells: list[Any]) -> None:
    found = read([HEADINGS, ["1", "甲", "户主"], ["1", "丁", "子"], cells])
    assert skipped(found) == []
    assert len(data(found)) == 3


def test_lines_below_a_note_are_notes_and_data_after_them_is_data() -> None:
    rows: Rows = [
        HEADINGS,
        ["1", "甲", "户主"],
        ["填表说明：一"],
        ["二、请核对"],
        ["3", "乙", "户主"],
        ["stray"],
    ]
    found = read(rows)
    assert skipped(found) == [3, 4, 6]
    alone = read([HEADINGS, ["1", "甲", "户主"], ["stray"]])
    assert problems(alone) == [(3, "姓名"), (3, "关系")]  # what nobody explains is a fault, not a note


def test_text_across_the_table_is_no_row() -> None:
    rows: Rows = [HEADINGS, ["第一组"], ["1", "甲", "户主"], ["第二组"], ["2", "乙", "户主"]]
    assert skipped(read(rows, spans=[Span(1, 0, 1, 5), Span(3, 0, 3, 5)])) == [2, 4]


def test_headings_printed_on_every_page() -> None:
    rows: Rows = [
        ["某村台账"],
        ["户号", "姓名", "关系", "性别", "房屋", None],
        [None, None, None, None, "面积", "备注"],
        ["1", "甲", "户主"],
        ["某村台账"],
        ["户号", "姓名", "关系", "性别", "房屋", None],
        [None, None, None, None, "面积", "备注"],
        ["2", "乙", "户主"],
    ]
    found = read(rows, spans=[Span(1, 4, 1, 5), *(Span(1, at, 2, at) for at in range(4))])
    assert skipped(found) == [5, 6, 7]
    assert numbers(found) == ["1", "2"]


@pytest.mark.parametrize(
    "cells",
    [
        [1, 2, 3, 4, 5, 6],
        ["(1)", "(2)", "(3)", "(4)"],
        ["甲", "乙", 1, 2, 3],
        ["必填", "必填", "必填", "选填"],
    ],
)
def test_a_line_below_the_headings_that_belongs_to_them(cells: list[Any]) -> None:
    found = read([HEADINGS, cells, ["1", "甲", "户主"]])
    assert skipped(found) == [2]


def test_a_formula_without_a_value_is_a_fault() -> None:
    rows: Rows = [
        [*HEADINGS, "率"],
        [LostValue("#REF!"), "甲", "户主", None, LostValue(""), "", LostValue("#DIV/0!")],
        ["2", "乙", "户主", None, None, LostValue("")],
    ]
    found = read(rows)
    assert problems(found) == [(2, "户号"), (2, "面积"), (3, "备注")]
    assert data(found)[0].extra == {"率": "#DIV/0!"}


@pytest.mark.parametrize(
    ("cell", "value"), [("1-男", "m"), ("01 男", "m"), ("2.女", "f"), ("(2)女", "f"), ("1、男", "m")]
)
def test_a_word_behind_its_number_in_a_list(cell: str, value: str) -> None:
    found = data(read([HEADINGS, ["1", "甲", "01-户主", cell]]))
    assert (found[0].values["sex"], found[0].values["relation"], found[0].problems) == (value, "head", [])


@pytest.mark.parametrize("cell", ["1-2", "3-人", "1-亩x", "12-12"])
def test_a_number_is_never_taken_apart(cell: str) -> None:
    assert problems(read([HEADINGS, ["1", "甲", "户主", "男", cell]])) == [(2, "面积")]


def test_true_one_and_a_number_are_not_mixed_up() -> None:
    headings = ["户号", "姓名", "关系", "面积", "贫困"]
    rows: Rows = [
        headings,
        ["1", "甲", "户主", 1, 1],
        ["2", "乙", "户主", True, True],
        ["3", "丙", "户主", 1.0, "1"],
    ]
    found = read(rows)
    assert problems(found) == [(3, "面积")]
    assert [row.values["is_poor"] for row in data(found)] == [True, True, True]


def test_unknown_columns_are_kept_and_personal_ones_apart() -> None:
    rows: Rows = [
        [*HEADINGS, "帮扶人", "备注"],
        ["1", "甲", "户主", None, None, 7, "李某", "浇水"],
        ["2", "乙", "户主", None, None, "找 13800138000", "同上", None, "far away"],
    ]
    first, second = data(read(rows, columns=9))
    assert (first.extra, first.personal_extra) == ({"备注 [H]": "浇水"}, {"备注": "7", "帮扶人": "李某"})
    assert second.personal_extra == {"备注": "找 13800138000", "帮扶人": "李某"}
    assert second.extra == {"[I]": "far away"}
    assert set(second.written) == {"户号", "姓名", "关系", "备注", "帮扶人", "[I]"}


def test_a_column_whose_values_begin_far_below_is_not_lost() -> None:
    rows: Rows = [
        HEADINGS,
        *([str(at), "甲", "户主", None, None, None] for at in range(80)),
        ["x", "乙", "户主", "", "", "", "late"],
    ]
    assert data(read(rows))[-1].extra == {"[G]": "late"}


def test_a_column_left_out_is_not_read() -> None:
    found = read(
        [HEADINGS, ["1", "甲", "户主", "male", 1, "x"]], choices={(0, 3): LEFT_OUT, (0, 5): LEFT_OUT}
    )
    assert problems(found) == []
    assert data(found)[0].written == {"户号": "1", "姓名": "甲", "关系": "户主", "面积": "1"}


def test_a_missing_column_has_no_key_and_an_empty_cell_none() -> None:
    row = data(read([["户号", "姓名", "关系", "性别"], ["1", "甲", "户主", " "]]))[0]
    assert row.values == {"number": "1", "name": "甲", "relation": "head", "sex": None}


def test_cells_of_every_type_are_written_as_people_see_them() -> None:
    rows: Rows = [
        HEADINGS,
        [1.0, "甲", "户主", "", 2.50, datetime(2024, 3, 1)],  # noqa: DTZ001 - workbooks know no zone
        [2, "乙", "户主", "", "", date(2024, 3, 1)],
    ]
    found = data(read(rows))
    assert [row.values["number"] for row in found] == ["1", "2"]
    assert [row.extra["备注"] for row in found] == ["2024-03-01", "2024-03-01"]


def test_how_rows_are_cut_into_chunks_changes_nothing() -> None:
    rows: Rows = [HEADINGS]
    for at in range(50):
        rows += [
            [str(at), "甲", "户主", "男"],
            [None, "乙", "子", "同上"],
            ["小计", None, None, None, 2] if at % 7 == 0 else [],
        ]
    spans = [Span(1 + 3 * at, 0, 2 + 3 * at, 0) for at in range(50)]
    assert (
        read(rows, spans=spans, step=1)
        == read(rows, spans=spans, step=7)
        == read(rows, spans=spans, step=500)
    )
    assert len(data(read(rows, spans=spans))) == 100


def test_memory_of_a_column_is_bounded() -> None:
    """More different texts than are remembered still read right."""
    rows: Rows = [HEADINGS, *([str(at), f"甲{at}", "户主", "男"] for at in range(9000))]
    found = data(read(rows, step=500))
    assert [row.values["number"] for row in found] == [str(at) for at in range(9000)]


def test_no_problem_quotes_a_cell() -> None:
    secret = id_number(date(1970, 1, 1), 3, is_male=True)
    found = data(read([HEADINGS, ["1", "甲", secret, secret, f"x{secret}", ""]]))
    assert len(found[0].problems) == 3
    assert all(secret not in one.text for one in found[0].problems)


CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "户号",
            "姓名",
            "关系",
            "户主",
            "子",
            "同上",
            "合计",
            "注：",
            "1-男",
            "",
            " ",
            "=1",
            "第1页",
            "\ue863",
            "1",
            "2",
        ]
    ),
    st.text(max_size=6),
    st.integers(-10, 10**18),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.sampled_from([LostValue(""), LostValue("#REF!"), time(8, 30), timedelta(hours=30), date(2020, 2, 29)]),
)


@given(
    st.lists(st.lists(CELLS, max_size=7), min_size=1, max_size=12),
    st.lists(st.tuples(*[st.integers(0, 12)] * 4), max_size=4),
    st.integers(1, 5),
)
def test_whatever_a_sheet_holds_each_filled_row_is_told_of_once(
    below: Rows, corners: list[tuple[int, int, int, int]], step: int
) -> None:
    """Rows become data or are set aside with a reason; only empty ones are passed over."""
    rows = [HEADINGS, *below, ["1", "甲", "户主"]]
    spans = [Span(min(a, b), min(c, d), max(a, b), max(c, d)) for a, b, c, d in corners]
    info = SheetInfo(0, "表", len(rows), max(map(len, rows)), spans=tuple(spans))
    mapping = propose([info], {0: rows}, (FAMILY,))
    chunks = [RowChunk(0, start, rows[start : start + step]) for start in range(0, len(rows), step)]
    found = list(Interpreter(info, mapping.sheets[0], FAMILY, TODAY).rows(chunks))
    told = [row.number for row in found]
    start = mapping.sheets[0].last_heading_row + 1
    filled = [
        number
        for number, row in enumerate(rows[start:], start=start + 1)
        if any(isinstance(cell, LostValue) or not is_blank(cell) for cell in row)
    ]
    assert told == filled
    for row in data(found):
        kept = {*row.values, *row.extra, *row.personal_extra}
        assert kept
        assert {*row.extra, *row.personal_extra} <= set(row.written)
