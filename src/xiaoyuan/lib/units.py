"""Units of the field: mu, fen and ten thousand yuan."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

SQUARE_METRES_PER_MU: Final = 2000 / 3
"""One mu is 2000/3 square metres."""


def mu_from_square_metres(area_m2: float) -> float:
    """Return an area in mu."""
    return area_m2 / SQUARE_METRES_PER_MU


def fen_from_yuan(amount: Decimal | str | int) -> int:
    """Return an amount of yuan as integer fen, rounded half up; floats are refused because they lose fen."""
    return int((Decimal(amount) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def ten_thousand_yuan(amount_fen: int) -> Decimal:
    """Return 万元 with two decimals (rounded; a page that shows it says so)."""
    return (Decimal(amount_fen) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
