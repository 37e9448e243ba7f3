"""Conditions of forms: one table for the server and for browsers, and whatever text comes, nothing breaks."""

import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fieldwork import filling_table
from tests.fieldwork.expression_table import TABLE, expression, table, value_of
from xiaoyuan.fieldwork.xlsforms.evaluating import Surroundings, evaluate
from xiaoyuan.fieldwork.xlsforms.expressions import parse
from xiaoyuan.fieldwork.xlsforms.patterns import compile_pattern, matches
from xiaoyuan.fieldwork.xlsforms.refusals import ExpressionRefused


def test_the_table_that_browsers_are_held_to_is_what_the_server_says() -> None:
    kept = json.loads(TABLE.read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(table()))
    assert {row["type"] for row in kept["rows"]} == {"bool", "float", "str"}


def test_the_fillings_that_browsers_are_held_to_are_what_the_server_says() -> None:
    kept = json.loads(filling_table.TABLE.read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(filling_table.table()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 3 - 2", 5.0),
        ("1 = 1 and 2 > 1 or false()", True),
        ("${age} >= 60 and ${way} = 'coal'", True),
        ("${none} > 3", False),
        ("selected(${risks}, 'fire')", True),
        ("int((today() - ${born}) div 365.25)", 67.0),
        ("'2026-12-01' > today()", True),
        ("-5 mod 3", -2.0),
        ("round(-2.5)", -2.0),
        ("if(${none} = '', 'empty', 'full')", "empty"),
        ("concat(1 div 4, '|', 3)", "0.25|3"),
        ("string-length(${emoji})", 3.0),
        ("sum(${beds})", 2 + 1.5 + 0.1 + 0.2),
        ("1 div 0", math.nan),
    ],
)
def test_it_calculates_as_xpath_does(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value or (isinstance(found, float) and math.isnan(found) and str(value) == "nan")
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/data/age > 3", "${name}"),
        ("../age", "${name}"),
        ("age > 3", "${age}"),
        ("pulldata('x', 'y')", "pulldata"),
        ("count-selected()", "count-selected"),
        ("${age} >", ""),
        ("(1 + 2", ""),
        ("1 2", "2"),
        ("regex(., ${pattern})", "regex"),
        ("regex(., '(a+)+')", "regex"),
        ("regex(., 'a{1,9999}')", "regex"),
        ("sum(1)", "sum"),
        ("'open", "'open"),
        ("(" * 60 + "1" + ")" * 60, ""),
        ("1" + " + 1" * 500, ""),
        ("1" * 400, ""),
    ],
)
def test_what_is_outside_the_subset_is_refused_in_words(text: str, hint: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        parse(text)
    assert hint in str(refused.value)
    assert len(str(refused.value)) > 5


@given(st.data())
def test_every_expression_of_the_subset_has_a_value(data: st.DataObject) -> None:
    text = expression(lambda below: data.draw(st.integers(0, below - 1)), data.draw(st.integers(0, 4)))
    value = value_of(text)
    assert isinstance(value, bool | float | str)
    if isinstance(value, float):
        assert math.isnan(value) or abs(value) <= 1e15


@given(st.text(alphabet="${}ab1.()'\"=<>!+-*,/ andorivmt", max_size=40))
def test_any_text_is_either_parsed_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except ExpressionRefused:
        return
    around = Surroundings(lambda name: "", lambda name: [], date(2026, 11, 24))
    assert isinstance(evaluate(tree, around), bool | float | str)
    # A browser gets the tree as JSON.
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_pattern_matches_what_it_describes(text: str) -> None:
    pattern = compile_pattern(r"^1[3-9]\d{9}$")
    assert matches(pattern, text)
    assert not matches(pattern, text + "0")
    assert not matches(pattern, "x" + text[1:])


@given(st.text(alphabet=r"ab[]^-\dw.{}0123,?*+|$", max_size=15), st.text(alphabet="ab1 \n", max_size=8))
def test_patterns_agree_with_pythons_own_engine(pattern: str, text: str) -> None:
    import re  # the control: another engine

    try:
        compiled = compile_pattern(pattern)
    except ExpressionRefused:
        return
    control = "|".join(f"(?:{part})" for part in [pattern])
    assert matches(compiled, text) == bool(
        re.fullmatch(control.replace("$", r"\Z"), text, re.ASCII | re.NOFLAG)
    )


def test_a_long_text_is_matched_in_no_time() -> None:
    """Engines that try one way after the other would need longer than the world stands."""
    assert not matches(compile_pattern("a*" * 300 + "b"), "a" * 2000)
