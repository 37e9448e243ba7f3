"""A receipt: a number to read out on the telephone, and a secret address to follow it by.

The number carries a check character (the scheme of plate codes) so that a misheard one is noticed; it opens nothing.
The secret is 96 random bits, kept only as its hash.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BODY: Final = 9
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, place + 1, 31) for place in range(_BODY))
_SEPARATORS: Final = str.maketrans("", "", " -·")


class ReceiptNumberError(ValueError):
    """A text that is no receipt number."""


@dataclass(frozen=True)
class NewReceipt:
    """What is handed out once: the number, the secret, and the hash that is kept of it."""

    number: str
    secret: str

    @property
    def hash(self) -> bytes:
        """The 32 bytes by which the record is found."""
        return hash_secret(self.secret)


def new_receipt() -> NewReceipt:
    """Return a fresh receipt; numbers are random, so that nobody can count what others reported."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_BODY))
    return NewReceipt(body + check_character(body), secrets.token_urlsafe(12))


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a secret: 96 random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def check_character(body: str) -> str:
    """Return the tenth character for the nine before it; raises `ReceiptNumberError`."""
    if len(body) != _BODY or not set(body) <= _VALUES.keys():
        raise ReceiptNumberError("A receipt number has nine characters and a check character.")
    return ALPHABET[
        -sum(weight * _VALUES[character] for weight, character in zip(_WEIGHTS, body, strict=True)) % 31
    ]


def parse(text: str) -> str:
    """Return the ten characters of a number as people write it; raises `ReceiptNumberError`."""
    number = text.translate(_SEPARATORS).upper()
    if len(number) != _BODY + 1 or check_character(number[:_BODY]) != number[_BODY]:
        raise ReceiptNumberError("A character was mistyped, exchanged or left out.")
    return number


def spaced(number: str) -> str:
    """Return a number in groups for reading: 7KQ2-M9XA4-C."""
    return f"{number[:4]}-{number[4:9]}-{number[9:]}"
