"""What the three sizes of plates measure, in millimetres."""

from dataclasses import dataclass
from typing import Final

from xiaoyuan.doorplates.choices import PlateSize


@dataclass(frozen=True)
class Measure:
    """Width and height of a plate and the side of its QR code without the quiet zone, in millimetres."""

    width_mm: int
    height_mm: int
    qr_mm: int


MEASURES: Final[dict[str, Measure]] = {
    PlateSize.LARGE: Measure(570, 370, 120),
    PlateSize.MEDIUM: Measure(270, 170, 75),
    PlateSize.SMALL: Measure(150, 90, 40),
}
"""A compound, a lane or row of a village, a house (Tianjin's rule for doorplates)."""
