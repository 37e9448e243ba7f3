"""The code that people read off a doorplate: division, number in it, and a check character, without a network.

The form is that of the unified social credit code (GB 32100-2015): 17 characters and a check character, weights
3^(i-1) mod 31, an alphabet of 31 characters without I, O, S, V and Z. As 31 is a prime and neighbouring weights
differ, every single wrong character and every exchange of two neighbours is noticed.
"""

from dataclasses import dataclass
from typing import Final

from xiaoyuan.lib import divisions

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH: Final = 18
LARGEST_NUMBER: Final = 99_999
_BODY: Final = LENGTH - 1
_MODULUS: Final = len(ALPHABET)
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, place, _MODULUS) for place in range(_BODY))
_SEPARATORS: Final = str.maketrans("", "", " -·")


class PlateCodeError(ValueError):
    """A text that is not a plate code; the message says what is wrong with it."""


@dataclass(frozen=True)
class PlateCode:
    """What a plate code says: the division in 12 digits and the plate's number in it."""

    division: str
    number: int

    def __str__(self) -> str:
        return make(self.division, self.number)


def check_character(body: str) -> str:
    """Return the 18th character for the 17 before it; raises `PlateCodeError`."""
    if len(body) != _BODY:
        raise PlateCodeError(f"{_BODY} characters are expected before the check character, not {len(body)}.")
    foreign = sorted(set(body) - _VALUES.keys())
    if foreign:
        raise PlateCodeError(f"“{foreign[0]}” does not occur in a plate code.")
    total = sum(weight * _VALUES[character] for weight, character in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[-total % _MODULUS]


def make(division: str, number: int) -> str:
    """Return the code of 18 characters for a plate `number` (1 to 99,999) of a division (2 to 12 digits).

    Raises `PlateCodeError`.
    """
    if not 1 <= number <= LARGEST_NUMBER:
        raise PlateCodeError(f"A plate's number lies between 1 and {LARGEST_NUMBER}, not {number}.")
    body = f"{divisions.pad(division)}{number:05d}"
    return body + check_character(body)


def parse(text: str) -> PlateCode:
    """Read a code as people write it: spaces, hyphens and small letters are accepted.

    Raises `PlateCodeError` when a character is foreign, missing, mistyped or exchanged with its neighbour.
    """
    code = text.translate(_SEPARATORS).upper()
    if len(code) != LENGTH:
        raise PlateCodeError(f"A plate code has {LENGTH} characters, this one has {len(code)}.")
    body, check = code[:_BODY], code[_BODY:]
    if check_character(body) != check:
        raise PlateCodeError("The check character is wrong: a character was mistyped or exchanged.")
    if not (body.isascii() and body.isdigit()):
        raise PlateCodeError("A plate code is 17 digits and a check character.")
    return PlateCode(division=body[:12], number=int(body[12:]))


def spaced(code: str) -> str:
    """Return a code in groups for reading: 520502103003-00128-K."""
    return f"{code[:12]}-{code[12:_BODY]}-{code[_BODY:]}"
