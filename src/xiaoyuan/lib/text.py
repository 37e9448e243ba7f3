"""Text in one spelling, because ledgers mix full-width and half-width forms."""

import unicodedata


def fold(text: str) -> str:
    """Return text in one spelling: NFKC (full-width forms), lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())
