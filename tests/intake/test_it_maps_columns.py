"""Headings in one row or three, under any name; contents where they say nothing; what is unsure becomes a question."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.intake.workbooks import Orchard
from tests.register.ledgers import id_number
from xiaoyuan.config.wiring import LEDGER_KINDS
from xiaoyuan.intake.cells import text
from xiaoyuan.intake.columns import Column, LedgerKind
from xiaoyuan.intake.errors import NoRows, NothingRecognised, UnknownKind
from xiaoyuan.intake.headings import forms, letter
from xiaoyuan.intake.layouts import LEFT_OUT, Certainty, FileMapping, as_json, from_json
from xiaoyuan.intake.recognising import propose, with_choices, with_examples
from xiaoyuan.intake.sheets import SheetInfo, Span
from xiaoyuan.register.imports.ledgers.households import HOUSEHOLDS

TREES = Orchard().kind()
Rows = list[list[Any]]
PERSONS: Rows = [
    [f"0{at // 2}", f"张{sign}", "男", id_number(date(1970, 1, at + 1), at, is_male=True), "子" if at % 2 else "户主"]
    for at, sign in enumerate("甲乙丙丁")
]  # fmt: skip


def sheet(rows: Rows, index: int = 0, name: str = "台账", **options: Any) -> SheetInfo:
    return SheetInfo(index, name, len(rows), max(map(len, rows)), **options)


def of(rows: Rows, *kinds: LedgerKind, spans: Sequence[Span] = (), **options: Any) -> FileMapping:
    info = sheet(rows, spans=tuple(spans))
    return propose([info], {0: rows}, kinds or (HOUSEHOLDS,), **options)


def keys(mapping: FileMapping) -> dict[str, str]:
    """Return what each heading of the first sheet means."""
    return mapping.sheets[0].by_heading()


@pytest.mark.parametrize(
    ("heading", "form"),
    [
        ("* 姓 名", "姓名"), ("★姓名：", "姓名"), ("姓名（必填）", "姓名"), ("【必填】姓名", "姓名"),
        ("1.姓名", "姓名"),
        ("（一）姓名", "姓名"), ("姓名（与身份证一致）", "姓名"), ("住房面积(㎡)", "住房面积(平方米)"),
        ("住房面积（平米）", "住房面积(平方米)"), ("耕地面积/亩", "耕地面积(亩)"),
        ("耕地面积（单位：亩）", "耕地面积(亩)"),
        ("姓\n名", "姓名"), ("务工时间（月）", "务工时间(月)"),
    ],
)  # fmt: skip
def test_a_heading_is_known_whatever_is_written_around_it(heading: str, form: str) -> None:
    assert form in forms(heading)


def test_a_unit_is_no_remark() -> None:
    assert "务工时间" not in forms("务工时间(天)")
    assert "产量" not in forms("产量（万元/年）")


def test_headings_below_titles_notes_and_dates() -> None:
    rows: Rows = [
        ["双堰社区户籍台账"],
        ["填报单位：双堰社区", None, None, "2026年3月1日"],
        [],
        ["户号*", "姓名", "性别", "身份证号码", "与户主关系", "备注"],
        *[[*row, ""] for row in PERSONS],
    ]
    mapping = of(rows, spans=[Span(0, 0, 0, 5)])
    assert (mapping.sheets[0].first_heading_row, mapping.sheets[0].last_heading_row) == (3, 3)
    assert keys(mapping) == {
        "户号*": "household_no", "姓名": "name", "性别": "sex", "身份证号码": "id_number",
        "与户主关系": "relation_to_head", "备注": "",
    }  # fmt: skip
    assert mapping.questions == []


GROUPS: Rows = [
    ["户号", "姓名", "与户主关系", "住房情况", None, None, "耕地情况", None, "备注"],
    [None, None, None, "面积", "结构", "朝向", "面积（亩）", "土质", None],
    ["001", "张三", "户主", 86.5, "砖混", "南", 2.3, "好", ""],
]
SPANS = (Span(0, 3, 0, 5), Span(0, 6, 0, 7), *(Span(0, at, 1, at) for at in (0, 1, 2, 8)))
GROUPED = {
    "户号": "household_no", "姓名": "name", "与户主关系": "relation_to_head", "住房情况·面积": "dwelling_area_m2",
    "住房情况·结构": "dwelling_structure", "住房情况·朝向": "", "耕地情况·面积(亩)": "arable_mu",
    "耕地情况·土质": "", "备注": "",
}  # fmt: skip


@pytest.mark.parametrize("spans", [SPANS, ()], ids=["merged", "unmerged"])
def test_two_rows_of_headings(spans: Sequence[Span]) -> None:
    """Without merged cells, as in a CSV file, an empty cell belongs to the group on its left."""
    mapping = of(GROUPS, spans=spans)
    assert {
        heading.replace("（", "(").replace("）", ")"): key for heading, key in keys(mapping).items()
    } == GROUPED
    assert (mapping.sheets[0].first_heading_row, mapping.sheets[0].last_heading_row) == (0, 1)
    assert mapping.questions == []


def test_three_rows_of_headings() -> None:
    rows: Rows = [
        ["人员", None, None, "资源", None, None],
        ["户号", "姓名", "与户主关系", "住房情况", None, "林地面积"],
        [None, None, None, "面积", "结构", "（亩）"],
        ["001", "张三", "户主", 86.5, "砖混", 1],
    ]
    mapping = of(rows, spans=[Span(0, 0, 0, 2), Span(0, 3, 0, 5), Span(1, 3, 1, 4)])
    assert [column.key for column in mapping.sheets[0].columns][:5] == [
        "household_no", "name", "relation_to_head", "dwelling_area_m2", "dwelling_structure",
    ]  # fmt: skip
    assert mapping.sheets[0].last_heading_row == 2


def test_the_same_heading_in_two_groups_is_asked_about() -> None:
    rows: Rows = [
        ["户号", "姓名", "与户主关系", "本户", None, "帮扶干部", None],
        [None, None, None, "联系电话", "组别", "联系电话", "单位"],
        ["001", "张三", "户主", "10012345678", "一组", "10087654321", "镇政府"],
    ]
    spans = [Span(0, 3, 0, 4), Span(0, 5, 0, 6)]
    mapping = of(rows, spans=spans)
    assert keys(mapping)["本户·联系电话"] == keys(mapping)["帮扶干部·联系电话"] == ""
    assert len(mapping.questions) == 1
    assert all(part in mapping.questions[0] for part in ("D", "F", "联系电话"))
    answered = with_choices(
        mapping, [sheet(rows, spans=tuple(spans))], {0: rows}, HOUSEHOLDS, {(0, 3): "phone", (0, 5): ""}
    )
    assert keys(answered)["本户·联系电话"] == "phone"
    assert answered.questions == []


def test_an_unknown_heading_is_recognised_by_its_contents_and_asked_about() -> None:
    rows: Rows = [["户号", "姓名", "男女", "证号", "同户主"], *PERSONS]
    mapping = of(rows)
    found = {column.heading: (column.key, column.certainty) for column in mapping.sheets[0].columns}
    assert found["证号"] == ("id_number", Certainty.CONTENT)
    assert found["同户主"] == ("relation_to_head", Certainty.CONTENT)
    assert found["男女"] == ("sex", Certainty.CONTENT)
    assert len(mapping.questions) == 3


def test_a_missing_heading_is_recognised_by_its_contents() -> None:
    rows: Rows = [["户号", "姓名", "性别", None, "与户主关系"], *PERSONS]
    assert keys(of(rows))["[D]"] == "id_number"


def test_what_a_column_says_it_looks_like_goes_first() -> None:
    kind = replace(
        TREES,
        columns=(
            *TREES.columns,
            Column("note", "说法", text(9), looks_like=lambda cell: cell.startswith("@")),
        ),
    )
    rows: Rows = [["树号", "果种", "?"], *([str(at), "梨", f"@{at}"] for at in range(4))]
    assert keys(of(rows, kind))["?"] == "note"


@pytest.mark.parametrize(
    "values",
    [
        [12000, 8500, 3000, 1990],
        ["是", "否", "是", "否"],
        ["甲", "乙", "丙", "丁"],
        ["1", "2", "1", "2"],
    ],
)
def test_contents_that_could_be_anything_are_no_proof(values: list[Any]) -> None:
    rows: Rows = [
        ["户号", "姓名", "与户主关系", "某列"],
        *([f"{at}", "张三", "户主", value] for at, value in enumerate(values)),
    ]
    assert keys(of(rows))["某列"] == ""


def test_a_required_column_that_is_missing_is_asked_for() -> None:
    rows: Rows = [["代号", "果种", "产量(公斤)"], ["001", "梨", 3]]
    mapping = of(rows, TREES)
    assert len(mapping.questions) == 1
    assert "树号" in mapping.questions[0]
    answered = with_choices(mapping, [sheet(rows)], {0: rows}, TREES, {(0, 0): "number"})
    assert answered.questions == []
    assert answered.sheets[0].columns[0].certainty is Certainty.CHOSEN


def test_two_columns_with_one_meaning_are_asked_about() -> None:
    rows: Rows = [
        ["户号", "姓名", "与户主关系", "联系电话", "手机"],
        ["1", "张三", "户主", "10012345678", "10012345679"],
    ]
    mapping = of(rows)
    assert len(mapping.questions) == 1
    assert "D" in mapping.questions[0]
    assert "E" in mapping.questions[0]
    for choice, phone_at in (({(0, 4): ""}, 3), ({(0, 4): "phone"}, 4), ({(0, 3): LEFT_OUT}, 4)):
        answered = with_choices(mapping, [sheet(rows)], {0: rows}, HOUSEHOLDS, choice)
        assert answered.questions == []
        assert [column.position for column in answered.sheets[0].columns if column.key == "phone"] == [
            phone_at
        ]
    both = with_choices(mapping, [sheet(rows)], {0: rows}, HOUSEHOLDS, {(0, 3): "phone", (0, 4): "phone"})
    assert len(both.questions) == 1


def test_a_column_is_left_out() -> None:
    rows: Rows = [["树号", "果种", "备注"], ["1", "梨", "x"]]
    left = with_choices(of(rows, TREES), [sheet(rows)], {0: rows}, TREES, {(0, 2): LEFT_OUT})
    column = left.sheets[0].columns[2]
    assert (column.is_left_out, column.key, column.choice) == (True, "", LEFT_OUT)
    required = with_choices(of(rows, TREES), [sheet(rows)], {0: rows}, TREES, {(0, 0): LEFT_OUT})
    assert len(required.questions) == 1


def test_repeated_and_merged_headings_keep_apart() -> None:
    rows: Rows = [["树号", "果种", "备注", "备注", None], ["1", "梨", "a", "b", "c"]]
    assert list(keys(of(rows, TREES, spans=[Span(0, 3, 0, 4)]))) == [
        "树号",
        "果种",
        "备注",
        "备注 [D]",
        "[E]",
    ]


def test_several_sheets_of_one_layout_and_why_others_are_left_out() -> None:
    first: Rows = [["树号", "果种"], ["1", "梨"]]
    second: Rows = [["果园"], ["果种", "编号"], ["桃", "2"]]
    note: Rows = [["填表说明"], ["只填果树"]]
    empty: Rows = [["树号", "果种"]]
    listed: Rows = [["果种", "产量(公斤)"], ["梨", 1]]
    sheets = [
        sheet(first, 0, "一组"), sheet(second, 1, "二组"), sheet(note, 2, "说明"), sheet(empty, 3, "三组"),
        sheet(first, 4, "旧表", is_hidden=True), sheet(listed, 5, "汇总"),
    ]  # fmt: skip
    mapping = propose(sheets, dict(enumerate([first, second, note, empty, first, listed])), (TREES,))
    assert [one.sheet for one in mapping.sheets] == ["一组", "二组", "汇总"]
    assert len(mapping.questions) == 1  # half of what is required is there: asked, not passed over
    assert set(mapping.left_out) == {"说明", "三组", "旧表"}
    assert len(set(mapping.left_out.values())) == 3
    fewer = with_choices(
        mapping, sheets, dict(enumerate([first, second, note, empty, first, listed])), TREES, {}, [5]
    )
    assert [one.sheet for one in fewer.sheets] == ["一组", "二组"]
    assert fewer.questions == []
    assert "汇总" in fewer.left_out


def test_the_kind_is_recognised_and_asked_for_when_it_is_not_clear() -> None:
    bees = LedgerKind(
        "bees", "bees", (Column("hive", "蜂箱号", text(9), is_required=True), Column("note", "果种", text(9))),
        TREES.judge, TREES.apply, TREES.lock, TREES.take_back,
    )  # fmt: skip
    assert of([["蜂箱号", "果种"], ["1", "x"]], TREES, bees).kind_key == "bees"
    assert of([["树号", "果种"], ["1", "x"]], TREES, bees).kind_key == "trees"
    both: Rows = [["树号", "蜂箱号", "果种"], ["1", "2", "x"]]
    assert len(of(both, TREES, bees).questions) == 1
    assert of(both, TREES, bees, kind_key="bees").questions == []
    with pytest.raises(UnknownKind):
        of(both, TREES, bees, kind_key="birds")


def test_sheets_of_two_ledgers_are_not_mixed() -> None:
    people: Rows = [["户号", "姓名", "性别", "身份证号", "与户主关系"], *PERSONS]
    shops: Rows = [["名称", "类型", "区划代码", "负责人"], ["样例合作社", "合作社", "520502103003", "张甲"]]
    sheets = [sheet(shops, 0, "主体"), sheet(people, 1, "人口")]
    mapping = propose(sheets, {0: shops, 1: people}, LEDGER_KINDS)
    assert (mapping.kind_key, [one.sheet for one in mapping.sheets]) == ("households", ["人口"])
    assert list(mapping.left_out) == ["主体"]


@pytest.mark.parametrize("kind", LEDGER_KINDS, ids=lambda kind: kind.key)
def test_every_ledger_is_told_from_every_other(kind: LedgerKind) -> None:
    rows: Rows = [[column.label for column in kind.columns], ["x" for _column in kind.columns]]
    mapping = of(rows, *LEDGER_KINDS)
    assert mapping.kind_key == kind.key
    assert [column.key for column in mapping.sheets[0].columns] == [column.key for column in kind.columns]
    assert mapping.questions == []


def test_who_says_which_ledger_it_is_may_name_every_column() -> None:
    rows: Rows = [["某村"], ["甲列", "乙列", "丙列"], ["1", "梨", 3]]
    mapping = of(rows, TREES, kind_key="trees")
    assert mapping.sheets[0].last_heading_row == 1
    assert len(mapping.questions) == 2
    answered = with_choices(mapping, [sheet(rows)], {0: rows}, TREES, {(0, 0): "number", (0, 1): "fruit"})
    assert answered.questions == []
    one_known: Rows = [["树号", "乙列"], ["1", "梨"]]
    assert len(of(one_known, TREES, kind_key="trees").questions) == 1
    with pytest.raises(NothingRecognised):
        of([["说明"], ["无"]], TREES, kind_key="trees")


def test_files_that_are_no_ledger_are_refused() -> None:
    with pytest.raises(NothingRecognised):
        of([["说明"], ["无"]])
    with pytest.raises(NothingRecognised):
        of([["title"]] * 20 + [["树号", "果种"], ["1", "梨"]], TREES)
    with pytest.raises(NoRows):
        of([["树号", "果种"], ["", " "]], TREES)


def test_a_known_layout_needs_no_questions() -> None:
    rows: Rows = [
        ["编码", "姓名", "与户主关系", "证号", "旧列"],
        *([row[0], row[1], row[4], row[3], "x"] for row in PERSONS),
    ]
    asked = of(rows)
    assert len(asked.questions) == 1
    confirmed = with_choices(
        asked,
        [sheet(rows)],
        {0: rows},
        HOUSEHOLDS,
        {(0, 0): "household_no", (0, 3): "id_number", (0, 4): LEFT_OUT},
    )
    kept: dict[tuple[str, str], Mapping[str, str]] = {
        ("households", confirmed.sheets[0].fingerprint): confirmed.sheets[0].by_heading()
    }
    again: Rows = [["别的题目"], *rows]
    known = of(again, known=lambda kind, fingerprint: kept.get((kind, fingerprint)))
    assert known.questions == []
    assert {column.certainty for column in known.sheets[0].columns} == {Certainty.REMEMBERED}
    assert known.sheets[0].by_heading() == confirmed.sheets[0].by_heading()
    other_order = [row[::-1] for row in again]
    assert of(other_order, known=lambda kind, fingerprint: kept.get((kind, fingerprint))).questions


def test_examples_are_masked_and_never_kept() -> None:
    rows: Rows = [
        ["户号", "姓名", "性别", "身份证号", "与户主关系", "帮扶人", "备注"],
        *([*row, "李某某", "见 10012345678"] for row in PERSONS),
    ]
    mapping = of(rows)
    shown = {column.heading: column.examples for column in mapping.sheets[0].columns}
    assert shown["姓名"] == ("张*",)
    assert shown["帮扶人"] == ("李**",)
    assert shown["性别"] == ("男",)
    assert all("970" not in text for text in shown["身份证号"])
    kept = as_json(mapping)
    assert "examples" not in str(kept)
    again = from_json(kept)
    assert again.sheets[0].by_heading() == mapping.sheets[0].by_heading()
    assert with_examples(again, {0: rows}, HOUSEHOLDS) == replace(again, sheets=mapping.sheets)
    assert [column.heading for column in again.sheets[0].columns if column.is_personal] == ["帮扶人", "备注"]


def test_hidden_rows_and_columns_are_told() -> None:
    rows: Rows = [["树号", "果种", "x"], ["1", "梨", "y"]]
    info = sheet(rows, hidden_rows=frozenset({1}), hidden_columns=frozenset({2}))
    mapping = propose([info], {0: rows}, (TREES,))
    assert len(mapping.notes) == 2
    assert keys(mapping)["x"] == ""


@pytest.mark.parametrize(
    ("numbers", "fills"),
    [
        (["1", None, None, "2", None], True),
        (["1", "1", None, "2", "2"], False),
        (["1", "2", "3", "4", "5"], False),
    ],
)
def test_a_layout_fills_down_only_when_it_never_repeats(numbers: list[Any], fills: bool) -> None:
    rows: Rows = [["户号", "姓名", "与户主关系"], *([number, "张三", "子"] for number in numbers)]
    assert of(rows).sheets[0].columns[0].fills_down is fills


def test_letters_of_columns() -> None:
    assert [letter(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
