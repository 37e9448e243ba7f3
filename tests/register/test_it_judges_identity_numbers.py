"""Identity numbers of printed examples are taken, noted or refused as their sources say, area and year included."""

import json
from pathlib import Path

import pytest

from xiaoyuan.lib.id_number import IdNumberError, check_character, parse_disability_card, parse_old
from xiaoyuan.register.errors import IdNumberUnfit
from xiaoyuan.register.identity import area_note, read_disability_card, read_id_number, sex_of
from xiaoyuan.register.region_codes import AreaFinding, find_area


def number(area: str, born: str, sequence: int = 11) -> str:
    first17 = f"{area}{born}{sequence:03d}"
    return first17 + check_character(first17)


def finding(text: str) -> str:
    try:
        found = read_id_number(text)
    except IdNumberUnfit:
        return "refused"
    return "noted" if area_note(found) else "taken"


@pytest.mark.real_data
def test_the_vectors_are_told_apart_as_their_sources_do(real_data: Path) -> None:
    file = real_data / "id-numbers" / "id_number_vectors.json"
    vectors = json.loads(file.read_text(encoding="utf-8"))["vectors"]
    assert len(vectors) == 25
    for vector in vectors:
        text = vector["number"]
        if len(text) == 15:
            assert parse_old(text).birth_date.isoformat() == vector["birth"]
            with pytest.raises(IdNumberUnfit, match="15"):
                read_id_number(text)
            continue
        if not vector["valid"] and "strict mode" not in vector["reason"]:
            assert finding(text) == "refused", vector["reason"]
            continue
        found = read_id_number(text)
        area = find_area(found.area, found.birth_date.year)
        if not vector["valid"]:  # valid for whoever is not strict about the year: people were numbered late
            assert area in (AreaFinding.NUMBERED_LATE, AreaFinding.ENDED)
            continue
        # The area of one example of the standard was never in force.
        is_noted = "warning" in vector["reason"] or area is AreaFinding.UNKNOWN
        assert finding(text) == ("noted" if is_noted else "taken"), vector["reason"]
        assert (area is AreaFinding.UNKNOWN) == (text == "34052419800101001X")
        assert found.text == text.upper()
        assert "birth" not in vector or found.birth_date.isoformat() == vector["birth"]
        assert "sex" not in vector or sex_of(found).name.lower() == vector["sex"]
        assert "region_code" not in vector or found.area == vector["region_code"]


@pytest.mark.parametrize(
    ("area", "born", "expected"),
    [
        ("522421", "19680520", AreaFinding.FITS),  # the county of Bijie until 1993
        ("522401", "19680520", AreaFinding.NUMBERED_LATE),  # the city of Bijie from 1993
        (
            "520502",
            "19680520",
            AreaFinding.LATER,
        ),  # Qixingguan from 2011: nobody of that age was without a number
        ("522401", "20050520", AreaFinding.FITS),
        ("522421", "20050520", AreaFinding.ENDED),
        ("520502", "20150520", AreaFinding.FITS),
        ("520581", "20220520", AreaFinding.FITS),
        ("520599", "19680520", AreaFinding.UNKNOWN),
        ("990426", "19911201", AreaFinding.IMPOSSIBLE),
        ("160426", "19911201", AreaFinding.IMPOSSIBLE),
        ("911124", "19810803", AreaFinding.FITS),  # a foreign permanent resident's card
        ("830000", "19920130", AreaFinding.FITS),
    ],
)
def test_an_area_is_looked_up_in_the_year_of_birth(area: str, born: str, expected: AreaFinding) -> None:
    assert find_area(area, int(born[:4])) is expected
    text = number(area, born)
    if expected is AreaFinding.IMPOSSIBLE:
        with pytest.raises(IdNumberUnfit):
            read_id_number(text)
    else:
        quiet = (AreaFinding.FITS, AreaFinding.NUMBERED_LATE)
        assert bool(area_note(read_id_number(text))) == (expected not in quiet)


def test_an_invented_number_needs_no_area() -> None:
    assert area_note(read_id_number(number("990001", "19680520"))) == ""


@pytest.mark.parametrize("tail", ["43", "11", "74", "43B1", "4302"])
def test_a_disability_card_names_its_holder(tail: str) -> None:
    holder = number("522401", "20050520")
    card = read_disability_card(holder.lower() + tail)
    assert (card.holder.text, card.type, card.level, card.text) == (holder, tail[0], tail[1], holder + tail)
    assert holder not in repr(card) + str(card)


@pytest.mark.parametrize("tail", ["", "4", "80", "03", "45", "43B", "43BB", "43B12"])
def test_another_number_is_no_disability_card(tail: str) -> None:
    with pytest.raises(IdNumberUnfit):
        read_disability_card(number("522401", "20050520") + tail)


def test_a_card_with_a_wrong_holder_is_refused() -> None:
    holder = number("522401", "20050520")
    wrong = holder[:-1] + ("0" if holder[-1] != "0" else "1")
    with pytest.raises(IdNumberError):
        parse_disability_card(wrong + "43")
    with pytest.raises(IdNumberUnfit):
        read_disability_card(number("990426", "19911201") + "43")


@pytest.mark.parametrize("text", ["610104621327690", "61010462092769x", "61010462092769"])
def test_fifteen_characters_are_not_always_an_old_number(text: str) -> None:
    with pytest.raises(IdNumberError):
        parse_old(text)
    with pytest.raises(IdNumberUnfit):
        read_id_number(text)
