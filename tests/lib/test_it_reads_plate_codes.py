"""A code read off a plate is right or refused: no single mistake and no exchange of neighbours passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoyuan.lib import plate_code
from xiaoyuan.lib.plate_code import ALPHABET, PlateCode, PlateCodeError

DIVISIONS = st.from_regex(r"[1-9][0-9]{11}", fullmatch=True)
NUMBERS = st.integers(1, plate_code.LARGEST_NUMBER)


def is_read(text: str) -> bool:
    try:
        plate_code.parse(text)
    except PlateCodeError:
        return False
    return True


def test_it_follows_the_standard_it_names() -> None:
    # A published unified social credit code (GB 32100): the check character is its last.
    assert plate_code.check_character("91350100M000100Y4") == "3"


@given(DIVISIONS, NUMBERS)
def test_a_code_says_where_and_which(division: str, number: int) -> None:
    code = plate_code.make(division, number)
    assert len(code) == plate_code.LENGTH
    assert plate_code.parse(code) == PlateCode(division, number)
    assert plate_code.parse(plate_code.spaced(code).lower()) == PlateCode(division, number)


@given(DIVISIONS, NUMBERS)
def test_every_single_wrong_character_is_noticed(division: str, number: int) -> None:
    code = plate_code.make(division, number)
    accepted = [
        code[:place] + other + code[place + 1 :]
        for place in range(len(code))
        for other in ALPHABET
        if other != code[place] and is_read(code[:place] + other + code[place + 1 :])
    ]
    assert accepted == []


@given(DIVISIONS, NUMBERS)
def test_every_exchange_of_neighbours_is_noticed(division: str, number: int) -> None:
    code = plate_code.make(division, number)
    swapped = [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for place in range(len(code) - 1)
        if code[place] != code[place + 1]
    ]
    assert [text for text in swapped if is_read(text)] == []


def test_a_check_that_adds_digits_would_miss_exchanges() -> None:
    """The control: the same search finds what a plain digit sum lets through."""

    def plain(text: str) -> int:
        return sum(int(digit) for digit in text)

    body = plate_code.make("520502103003", 128)[:-1]
    assert plain(body) == plain(body[1] + body[0] + body[2:])
    assert body[0] != body[1]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "18 characters"),
        ("520502103003-0128-K", "18 characters"),
        ("52050210300300128I", "check character"),
        ("5205O2103003001280", "does not occur"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, part: str) -> None:
    with pytest.raises(PlateCodeError, match=part):
        plate_code.parse(text)


@pytest.mark.parametrize("number", [0, -1, 100_000])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(PlateCodeError, match="between 1 and 99999"):
        plate_code.make("520502103003", number)


def test_a_township_is_padded() -> None:
    assert plate_code.make("520502103", 7).startswith("520502103000" + "00007")
