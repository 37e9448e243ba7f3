"""docs/data-files.md names every field, layer and column that the imports accept, and nothing that they do not."""

import re

import pytest

from tests.folders import ROOT
from xiaoyuan.config.wiring import LEDGER_KINDS
from xiaoyuan.indicators.definitions import INDICATORS, Source
from xiaoyuan.intake.columns import LedgerKind
from xiaoyuan.register.imports.divisions import CLASS_HEADERS, CODE_HEADERS, NAME_HEADERS
from xiaoyuan.register.imports.place_fields import FIELDS, LAYER_NAMES

TEXT = (ROOT / "docs" / "data-files.md").read_text(encoding="utf-8")
CHINESE = TEXT.split("## English")[0]
HEADINGS = {
    "households": "### 户籍台账",
    "courtyards": "### 院落",
    "dwellings": "### 住房",
    "contracted-parcels": "### 承包地",
    "crops": "### 种植",
    "livestock": "### 养殖",
    "employment": "### 务工就业",
    "income": "### 家庭收入",
    "policy-tags": "### 政策标签",
    "business-entities": "### 经营主体",
    "observations": "### 观测",
    "divisions": "### 区划变更",
}


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of the table rows below a heading, up to the next heading."""
    section = re.split(r"\n#+ ", CHINESE.split(heading, 1)[1], maxsplit=1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|") and "---" not in line
    ]


@pytest.mark.parametrize("table", sorted(FIELDS))
def test_every_field_of_a_map_file_is_named(table: str) -> None:
    names = {alias for aliases in FIELDS[table].values() for alias in aliases}
    assert not [name for name in names | set(LAYER_NAMES[table]) if f"`{name}`" not in CHINESE]
    assert not [field for field in FIELDS[table] if f"`{field}`" not in CHINESE]


def test_no_field_of_a_map_file_is_invented() -> None:
    known = {
        name for fields in FIELDS.values() for field, aliases in fields.items() for name in (field, *aliases)
    }
    named = {
        name
        for row in rows_of("## 三、")[1:]
        if len(row) == 3
        for name in re.findall("`([^`]+)`", row[0] + row[1])
    }
    layers = {name for names in LAYER_NAMES.values() for name in names}
    assert named
    assert named <= known | layers


@pytest.mark.parametrize("kind", LEDGER_KINDS, ids=lambda kind: kind.key)
def test_the_columns_of_a_ledger_are_those_of_the_code(kind: LedgerKind) -> None:
    documented = {label: (need, names) for label, need, names in rows_of(HEADINGS[kind.key])[1:]}
    yes_or_no = [column for column in kind.columns if column.key.startswith("tag:")]
    if yes_or_no:
        del documented["、".join(column.label for column in yes_or_no)]
        assert all(column.aliases == (f"是否{column.label}",) for column in yes_or_no)
    others = [column for column in kind.columns if column not in yes_or_no]
    assert {label: names for label, (_need, names) in documented.items()} == {
        column.label: "、".join(column.aliases) for column in others
    }
    assert {label for label, (need, _names) in documented.items() if need == "是"} == {
        column.label for column in others if column.is_filled
    }


def test_division_lists_and_observed_indicators_are_named() -> None:
    observed = {one.id for one in INDICATORS if one.source is Source.OBSERVATION}
    rates = {name for one in INDICATORS for name in (one.numerator, one.denominator) if name}
    wanted = {*CODE_HEADERS, *NAME_HEADERS, *CLASS_HEADERS} | observed | rates
    assert not [name for name in wanted if f"`{name}`" not in CHINESE]
