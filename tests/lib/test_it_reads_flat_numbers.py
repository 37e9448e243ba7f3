"""Flats as Chinese addresses write them: read back whatever way they were written, refused when they are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoyuan.lib.flat_numbers import Flat, FlatNumberError, flats_of, parse

NAMES = st.text("0123456789ABC", min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("3栋2单元501室", Flat("3", "2", "501")),
        ("3幢2单元501", Flat("3", "2", "501")),
        ("12号楼501室", Flat("12", "", "501")),
        ("A座12楼", None),
        ("3-2-501", Flat("3", "2", "501")),
        ("3—501", Flat("3", "", "501")),
        ("3栋", Flat("3", "", "")),
        ("3 栋 2 单元", Flat("3", "2", "")),
        ("东栋1单元101室", Flat("东", "1", "101")),
        ("501", None),
        ("", None),
        ("张三家", None),
    ],
)
def test_a_flat_is_read(text: str, flat: Flat | None) -> None:
    if flat is None:
        with pytest.raises(FlatNumberError):
            parse(text)
    else:
        assert parse(text) == flat


@given(NAMES, NAMES, NAMES)
def test_what_is_written_is_read_back(building: str, unit: str, room: str) -> None:
    flat = Flat(building, unit, room)
    assert parse(flat.text) == flat
    assert flat.text == flat.above + flat.last
    assert parse(f"{building}-{unit}-{room}") == flat


def test_names_keep_their_own_words() -> None:
    assert Flat("幸福楼", "二单元", "门卫室").text == "幸福楼二单元门卫室"
    assert Flat("3").last == "3栋"
    assert Flat().text == Flat().last == Flat().above == ""


def test_plates_of_one_level() -> None:
    assert flats_of(["1", "2"], [], [], level="building") == [Flat("1"), Flat("2")]
    assert flats_of(["1"], ["1", "2"], ["101"], level="unit") == [Flat("1", "1"), Flat("1", "2")]
    assert flats_of(["1"], [], ["101", "101"], level="room") == [Flat("1", "", "101")]


@pytest.mark.parametrize(
    ("buildings", "units", "rooms", "level"),
    [
        ([], ["1"], ["101"], "room"),
        (["1"], [], [], "unit"),
        (["1"], ["1"], [], "room"),
        (["1"], [], [], "floor"),
        (["1" * 21], [], [], "building"),
        (["1\n"], [], [], "building"),
    ],
)
def test_what_names_no_flat_is_refused(
    buildings: list[str], units: list[str], rooms: list[str], level: str
) -> None:
    with pytest.raises(FlatNumberError):
        flats_of(buildings, units, rooms, level=level)
