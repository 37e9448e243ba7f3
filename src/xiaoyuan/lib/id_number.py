"""Resident identity numbers (GB 11643): form, check character, birth date and sex; numbers built upon them."""

import re
from dataclasses import dataclass
from datetime import date
from operator import mul
from typing import Final

SAMPLE_AREA: Final = "990001"
"""Unallocated area code that marks an invented number; valid only on sample rows."""

WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS: Final = "10X98765432"
_ZEROS: Final = ord("0") * sum(WEIGHTS)
"""What the bytes of seventeen zeros weigh."""


class IdNumberError(ValueError):
    """A text that is not an identity number; the message says what is wrong, never the number."""


@dataclass(frozen=True)
class IdNumber:
    """What an identity number says. Printing it shows no digit of it."""

    text: str
    area: str
    birth_date: date
    is_male: bool

    def __repr__(self) -> str:
        return "IdNumber(****)"

    __str__ = __repr__

    @property
    def is_sample(self) -> bool:
        """Whether the area code is the unallocated one of invented people."""
        return self.area == SAMPLE_AREA


def check_character(first17: str) -> str:
    """Return the 18th character for 17 digits (ISO 7064 MOD 11-2, GB 11643)."""
    if len(first17) != 17 or not (first17.isascii() and first17.isdigit()):
        raise IdNumberError("An identity number needs 17 digits before its check character.")
    return CHECK_CHARACTERS[(sum(map(mul, WEIGHTS, first17.encode())) - _ZEROS) % 11]


def parse(text: str) -> IdNumber:
    """Read an identity number of 18 characters; lower-case x and full-width digits are accepted.

    Raises `IdNumberError` with a sentence that names the fault. The area code is not looked up here: which
    codes existed depends on the year of birth and on lists that a county imports.
    """
    number = text.strip().translate(_FULL_WIDTH).upper()
    if len(number) != 18:
        raise IdNumberError(f"An identity number has 18 characters, this one has {len(number)}.")
    if not (number[:17].isascii() and number[:17].isdigit()) or number[17] not in CHECK_CHARACTERS:
        raise IdNumberError("An identity number is 17 digits and a digit or X.")
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdNumberError("The birth date in the identity number does not exist.") from None
    if check_character(number[:17]) != number[17]:
        raise IdNumberError("The check character of the identity number is wrong: a digit was mistyped.")
    return IdNumber(text=number, area=number[:6], birth_date=birth, is_male=int(number[16]) % 2 == 1)


@dataclass(frozen=True)
class OldNumber:
    """What a number of the first generation says: 15 digits, not valid any more since 2013."""

    area: str
    birth_date: date
    is_male: bool


def parse_old(text: str) -> OldNumber:
    """Read a number of 15 digits: area 6, birth YYMMDD of the 20th century, sequence 3. Raises `IdNumberError`."""
    number = text.strip().translate(_FULL_WIDTH)
    if len(number) != 15 or not (number.isascii() and number.isdigit()):
        raise IdNumberError("An old identity number is 15 digits.")
    try:
        birth = date(1900 + int(number[6:8]), int(number[8:10]), int(number[10:12]))
    except ValueError:
        raise IdNumberError("The birth date in the identity number does not exist.") from None
    return OldNumber(number[:6], birth, int(number[14]) % 2 == 1)


@dataclass(frozen=True)
class DisabilityCard:
    """What the number of a disability card says: whose it is, type 1-7 and level 1-4. Printing it shows no digit."""

    text: str
    holder: IdNumber
    type: str
    level: str

    def __repr__(self) -> str:
        return "DisabilityCard(****)"

    __str__ = __repr__


def parse_disability_card(text: str) -> DisabilityCard:
    """Read 20 characters (identity number, type digit, level digit) or 22 (reissued: B and a digit, or two digits).

    Raises `IdNumberError`.
    """
    number = text.strip().translate(_FULL_WIDTH).upper()
    if len(number) not in (20, 22):
        raise IdNumberError("The number of a disability card has 20 or 22 characters.")
    holder = parse(number[:18])
    if not _CARD_TAIL.fullmatch(number[18:]):
        raise IdNumberError(
            "The type (1-7) or the level (1-4) in the number of the disability card does not exist."
        )
    return DisabilityCard(number, holder, number[18], number[19])


def mask(text: str) -> str:
    """Return a number with all but the first 2 and last 2 characters hidden."""
    return text[:2] + "*" * max(0, len(text) - 4) + text[-2:] if len(text) > 4 else "****"


_FULL_WIDTH: Final = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("Ｘ"): "X", ord("ｘ"): "x"}
_CARD_TAIL: Final = re.compile(r"[1-7][1-4]([B\d]\d)?")
