"""An XLSForm becomes a form of ours, or somebody is told which row and column to change and why."""

import contextlib
import csv
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fieldwork.forms import HEATING, SMALL, Sheets, read, survey, workbook
from xiaoyuan.fieldwork.xlsforms.reading import FOLLOWS_PEOPLE, read_form
from xiaoyuan.fieldwork.xlsforms.refusals import FormFaults, FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import Kind, as_json, from_json


def refusal(sheets: Sheets) -> FormRefused:
    return read_error(workbook(sheets), "form.xlsx")


def test_questions_groups_choices_and_languages_are_read() -> None:
    form = read(HEATING)
    assert (form.title, form.key) == ("冬季取暖安全入户检查", "heating")
    assert form.languages == ("中文 (zh)", "English (en)")
    kinds = {one.name: one.kind for one, _repeat in form.flat()}
    assert set(kinds.values()) == set(Kind)
    way = form.question("way")
    assert way is not None
    assert form.words(way.label, "zh-hans") == "怎样取暖？"
    assert form.words(way.label, "en") == "How do you heat?"
    assert form.label_of(way, "coal", "en") == "Coal"
    assert way.required == "true()"
    assert {one.name: repeat.name for one, repeat in form.flat() if repeat} == {
        "room_name": "room",
        "beds": "room",
    }
    assert {one.name for one, _repeat in form.flat() if one.is_personal} == {"phone", "words"}
    assert from_json(as_json(form)) == form


def test_a_csv_is_read_alike() -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    for name, rows in HEATING.items():
        writer.writerow([name])
        writer.writerows(["", *row] for row in rows)
    assert read_form(out.getvalue().encode(), "heating.csv").schema == read(HEATING)


def old_workbook(rows: list[list[str]]) -> bytes:
    """Return a sheet in the oldest .xls format (BIFF 2), which needs no container."""
    records = [struct.pack("<HHHH", 0x0009, 4, 2, 0x10)]
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            content = struct.pack("<HH3sB", number, column, b"\0\0\0", len(text)) + text.encode("ascii")
            records.append(struct.pack("<HH", 0x0004, len(content)) + content)
    return b"".join([*records, struct.pack("<HH", 0x000A, 0)])


def test_an_old_workbook_is_read() -> None:
    rows = [["type", "name", "label"], ["integer", "age", "Age"], ["note", "n", "You are ${age}"]]
    done = read_form(old_workbook(rows), "Old form.xls")
    assert [(one.kind, one.name) for one in done.schema.questions] == [
        (Kind.INTEGER, "age"),
        (Kind.NOTE, "n"),
    ]
    assert (done.schema.title, done.schema.key) == ("Old form", "Old_form")
    refused = read_error(old_workbook([*rows, ["gps", "where", "Where"]]), "old.xls")
    assert (refused.row, refused.column) == (4, "type")
    # A container that holds nothing is refused, not answered with a fault.
    assert read_error(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old.xls").row == 0


def read_error(content: bytes, name: str) -> FormRefused:
    with pytest.raises(FormRefused) as refused:
        read_form(content, name)
    return refused.value.faults[0] if isinstance(refused.value, FormFaults) else refused.value


@pytest.mark.parametrize("kind", sorted(FOLLOWS_PEOPLE))
def test_what_follows_people_is_refused_with_its_row(kind: str) -> None:
    refused = refusal(survey(["text", "a", "甲"], [kind, "b", "乙"]))
    assert (refused.sheet, refused.row, refused.column) == ("survey", 3, "type")
    assert kind in refused.reason
    assert "3" in str(refused)


def test_a_compulsory_photo_becomes_one_that_may_be_left_out() -> None:
    sheets = survey(["text", "a", "甲"], ["image", "b", "照片", "", "", "yes"])
    done = read_form(workbook(sheets), "x.xlsx")
    photo = done.schema.question("b")
    assert photo is not None
    assert photo.required == ""
    assert "3" in done.notes[0]


@pytest.mark.parametrize(
    ("rows", "row", "column", "hint"),
    [
        ([["text", "a", "甲"], ["text", "a", "乙"]], 2, "name", "a"),
        ([["text", "", "甲"]], 2, "name", ""),
        ([["text", "名字", "甲"]], 2, "name", "名字"),
        ([["text", "a", ""]], 2, "label", ""),
        ([["", "a", "甲"]], 2, "type", ""),
        ([["barcode", "a", "甲"]], 2, "type", "barcode"),
        ([["select_one", "a", "甲"]], 2, "type", "select_one"),
        ([["select_one nowhere", "a", "甲"]], 2, "type", "nowhere"),
        ([["text", "a", "甲"], ["text", "b", "乙", "${c} = 'x'"]], 3, "relevant", "c"),
        ([["text", "a", "甲", "/data/b = 1"]], 2, "relevant", "/data/b"),
        ([["text", "a", "甲", "", "pulldata(1)"]], 2, "constraint", "pulldata"),
        ([["calculate", "a", ""]], 2, "calculation", ""),
        ([["text", "a", "甲", "", "", "", "1 + 1"]], 2, "calculation", "calculate"),
        ([["begin_group", "g", "组"], ["text", "a", "甲"]], 2, "type", "end_group"),
        ([["text", "a", "甲"], ["end_group"]], 3, "type", "end_group"),
        ([["begin_group", "g", "组"], ["end_group"]], 2, "type", "g"),
        ([["text", "a", "甲", "${b} = 'x'"], ["text", "b", "乙", "${a} = 'x'"]], 2, "relevant", "a"),
        ([["text", "a", "甲 ${b}"]], 2, "label", "b"),
        (
            [["begin_repeat", "r", "甲"], ["text", "b", "乙"], ["end_repeat"], ["note", "n", "${b}"]],
            5,
            "label",
            "sum",
        ),
        ([["note", "meta", "甲"]], 2, "name", "meta"),
    ],
)
def test_each_fault_names_its_row_and_column(rows: list[list[str]], row: int, column: str, hint: str) -> None:
    refused = refusal(survey(*rows))
    assert (refused.sheet, refused.row, refused.column) == ("survey", row, column)
    assert hint in refused.reason


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(FormFaults) as refused:
        read(
            survey(
                ["geopoint", "a", "甲"],
                ["barcode", "b", "乙"],
                ["audit", "audit"],
                ["text", "c", "丙", "${a} = 1 and ${nowhere} = 2"],
                ["begin_group", "g", "组"],
                ["text", "", "丁"],
                ["text", "d", ""],
            )
        )
    # A condition on a refused row is no fault of its own.
    told = [(fault.row, fault.column) for fault in refused.value.faults]
    assert told == [
        (2, "type"),
        (3, "type"),
        (4, "type"),
        (5, "relevant"),
        (6, "type"),
        (7, "name"),
        (8, "label"),
    ]


def test_columns_that_change_the_meaning_are_refused_and_others_named() -> None:
    headings = ["type", "name", "label", "choice_filter", "media::image"]
    refused = refusal(survey(["select_one yesno", "a", "甲", "x = 1"], headings=headings))
    assert refused.column == "choice_filter"
    done = read_form(workbook(survey(["text", "a", "甲", "", "a.png"], headings=headings)), "x.xlsx")
    assert "media::image" in done.notes[0]


def test_a_file_that_unpacks_without_end_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * (41 * 1024 * 1024))
    assert "40 MB" in str(read_error(out.getvalue(), "bomb.xlsx"))


def test_what_is_no_form_is_refused() -> None:
    for content, name in (
        (b"hello", "form.xlsx"),
        (b"PK\x03\x04 cut off", "form.xlsx"),
        (b"", "form.csv"),
        (b"a,b\n1,2\n", "form.csv"),
        (workbook(SMALL), "form.pdf"),
        (b"x" * (2 * 1024 * 1024 + 1), "form.csv"),
        (workbook({"survey": [["type", "name", "label"]], "settings": [["form_title"], ["x"]]}), "form.xlsx"),
    ):
        with pytest.raises(FormRefused):
            read_form(content, name)


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_damaged_workbook_is_read_or_refused_in_words(damage: list[tuple[int, int]]) -> None:
    content = bytearray(workbook(SMALL))
    for place, byte in damage:
        content[place % len(content)] = byte
    with contextlib.suppress(FormRefused):
        assert read_form(bytes(content), "damaged.xlsx").schema.questions
