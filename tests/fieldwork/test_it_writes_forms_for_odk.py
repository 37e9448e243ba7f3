"""What is written out can be read again without a loss, and ODK Validate, run by java, accepts it."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH

from tests.fieldwork.forms import HEATING, SMALL, Sheets, read, survey
from xiaoyuan.fieldwork.xlsforms.expressions import FUNCTIONS
from xiaoyuan.fieldwork.xlsforms.reading import read_form
from xiaoyuan.fieldwork.xlsforms.schema import Choice, FormSchema, Kind, Question, as_json, from_json
from xiaoyuan.fieldwork.xlsforms.writing import write_workbook, write_xform

CALLS = {
    0: "{name}()",
    1: "{name}(${{a}})",
    2: "{name}(${{a}}, 'x')",
    3: "{name}(${{a}} = 'x', 1, 2)",
}
ALL_FUNCTIONS: Sheets = survey(
    ["text", "a", "甲", "", "regex(., '[a-z]{1,5}|\\d+')"],
    ["integer", "n", "数", "", ". mod 2 = 0 and - . < 5 and . div 2 != 3"],
    *(
        [
            "calculate",
            f"c_{name.replace('-', '_')}",
            "",
            "",
            "",
            "",
            CALLS[FUNCTIONS[name][0]].format(name=name),
        ]
        for name in FUNCTIONS
        if name != "round"
    ),
    ["calculate", "c_round", "", "", "", "", "round(${n} * 1.5, 2)"],
)
REQUIRED_WHEN: Sheets = survey(
    ["select_one yesno", "ill", "有人生病吗？", "", "", "yes"],
    ["text", "who", "谁 = 病人？", "${ill} = 'yes'", "", "${ill} = 'yes'"],
    ["begin_repeat", "visit", "走访"],
    ["date", "day", "哪天", "", ". <= today()", "yes"],
    ["begin_group", "inner", "内组", "${ill} = 'no'"],
    ["select_multiple yesno", "seen", "看到"],
    ["end_group"],
    ["end_repeat"],
    ["note", "count", "共 ${ill} 次", "count(${visit}) > 1"],
)
FORMS = {"heating": HEATING, "small": SMALL, "functions": ALL_FUNCTIONS, "required": REQUIRED_WHEN}


def validate(form: Path) -> subprocess.CompletedProcess[str]:
    java = shutil.which("java")
    assert java, "java is missing: install default-jre-headless (tests/prepare.sh does)"
    command = [java, "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, str(form)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> FormSchema:
    return read(FORMS[request.param])


def test_import_export_import_is_equal(form: FormSchema) -> None:
    again = read_form(write_workbook(form, "7"), "again.xlsx")
    assert again.schema == form
    assert again.notes == ()
    assert write_xform(again.schema, "7") == write_xform(form, "7")


def test_odk_validate_accepts_what_is_written(form: FormSchema, tmp_path: Path) -> None:
    path = tmp_path / "form.xml"
    path.write_text(write_xform(form, "7"), encoding="utf-8")
    judged = validate(path)
    assert judged.returncode == 0, judged.stderr
    assert "Xform is valid" in judged.stdout + judged.stderr


def test_odk_validate_would_refuse_a_broken_one(tmp_path: Path) -> None:
    """The control: the same form whose condition names nothing."""
    path = tmp_path / "form.xml"
    text = write_xform(read(HEATING), "7")
    broken = text.replace("/data/stove/way", "/data/stove/nothing", 1)
    assert broken != text
    path.write_text(broken, encoding="utf-8")
    assert validate(path).returncode != 0


def test_a_label_that_looks_like_a_formula_stays_a_label() -> None:
    form = read(SMALL)
    question = replace(form.questions[0], label={"": "=1+1"})
    changed = replace(form, questions=(question,))
    assert read_form(write_workbook(changed), "x.xlsx").schema == changed


LANGUAGES = ("中文 (zh)", "English (en)")
WORDS = (
    st.text(alphabet="取暖 abc=<&'\"（）。?-${}".replace("$", ""), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
LABELS = st.fixed_dictionaries({LANGUAGES[0]: WORDS}, optional={LANGUAGES[1]: WORDS})


@st.composite
def drawn_forms(draw: st.DrawFn) -> FormSchema:
    """Return any form of the subset: groups, a repeat, choices, conditions on what came before."""
    names: list[str] = []

    def question(depth: int, *, in_repeat: bool) -> Question:
        name = f"q{len(names)}"
        names.append(name)
        kinds = [kind for kind in Kind if depth < 2 or kind not in (Kind.GROUP, Kind.REPEAT)]
        kind = draw(st.sampled_from([one for one in kinds if not (in_repeat and one is Kind.REPEAT)]))
        is_asked = kind not in (Kind.GROUP, Kind.REPEAT, Kind.NOTE, Kind.CALCULATE)
        children: tuple[Question, ...] = ()
        if kind in (Kind.GROUP, Kind.REPEAT):
            inside = in_repeat or kind is Kind.REPEAT
            children = tuple(
                question(depth + 1, in_repeat=inside) for _number in range(draw(st.integers(1, 2)))
            )
        condition = draw(st.sampled_from(["", "${first} = 'x'", "string-length(${first}) > 2 or false()"]))
        return Question(
            kind=kind,
            name=name,
            label={} if kind is Kind.CALCULATE else draw(LABELS),
            hint=draw(st.one_of(st.just({}), LABELS)) if is_asked else {},
            required=draw(st.sampled_from(["", "true()", "${first} != ''"]))
            if is_asked and kind is not Kind.PHOTO
            else "",
            relevant=condition,
            constraint=draw(st.sampled_from(["", ". != 'x'"])) if kind is Kind.TEXT else "",
            constraint_message=draw(st.one_of(st.just({}), LABELS)) if kind is Kind.TEXT else {},
            calculation="1 + 1" if kind is Kind.CALCULATE else "",
            choices="list" if kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE) else "",
            is_long=kind is Kind.TEXT and draw(st.booleans()),
            is_personal=draw(st.booleans()),
            children=children,
        )

    first = Question(Kind.TEXT, "first", label=draw(LABELS), is_personal=True)
    questions = (first, *(question(0, in_repeat=False) for _number in range(draw(st.integers(0, 4)))))
    form = FormSchema(draw(WORDS), "drawn", LANGUAGES, questions)
    if any(one.choices for one, _repeat in form.flat()):
        choices = tuple(Choice(name, draw(LABELS)) for name in ("a", "b2", "其他"))
        form = replace(form, choice_lists={"list": choices})
    return form


@given(drawn_forms())
@settings(max_examples=60)
def test_any_form_comes_back_as_it_left(form: FormSchema) -> None:
    again = read_form(write_workbook(form), "again.xlsx").schema
    # A language that no sentence is written in has no column but the label's.
    assert again == form
    assert from_json(as_json(form)) == form
