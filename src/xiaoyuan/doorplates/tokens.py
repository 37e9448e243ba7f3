"""The token of a plate: 96 random bits, derived from nothing, kept as a hash to find it and sealed to reprint it."""

import hashlib
import secrets
import uuid
from typing import Final

TOKEN_BYTES: Final = 12
TOKEN_CHARACTERS: Final = 16
_SUBJECTS: Final = uuid.UUID("6f6fbb0e-9a0c-5a3d-8b7c-2d1f4c5e7a90")


def new_token() -> str:
    """Return 16 characters that are safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Return the 32 bytes by which a plate is found.

    A plain SHA-256 is enough: 96 random bits cannot be guessed from their hash, unlike an identity number.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def sealing_subject(county_id: int) -> uuid.UUID:
    """Return the vault subject under which a county's tokens are sealed.

    One key a county, because a token is no person's data; each ciphertext is bound to its plate by `sealing_name`.
    """
    return uuid.uuid5(_SUBJECTS, str(county_id))


def sealing_name(code: str) -> str:
    """Return the name that binds a sealed token to the plate with that readable code."""
    return f"doorplate:{code}"


def scan_url(base_url: str, token: str) -> str:
    """Return the address that the plate's QR code holds."""
    return f"{base_url.rstrip('/')}/d/{token}"
