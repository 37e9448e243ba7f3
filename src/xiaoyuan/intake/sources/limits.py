"""How much a file may ask of the reading process: enough for a county in one workbook, too little for a bomb."""

from dataclasses import dataclass
from typing import Final

MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed; what a small file may take is less, in proportion to its size (`sources.rationing`).

    A workbook of 1.2 million rows and 12 columns is a file of 85 MB, unpacks to 620 MB, and is read with 0.5 GB in
    20 seconds of a processor.
    """

    file_mb: int = 300
    unpacked_mb: int = 1500
    ratio: int = 100
    """How many times its size a part of a workbook may unpack to, beyond its first 8 MB."""
    entries: int = 2000
    """A workbook's zip holds a few dozen."""
    cells: int = 30_000_000
    """Cells between A1 and the furthest filled one: the reader takes memory for all of them."""
    columns: int = 1000
    rows: int = 3_000_000
    """Rows of a text file; a workbook's sheet ends at 1,048,576."""
    spans: int = 1_000_000
    lost_values: int = 200_000
    memory_mb: int = 1000
    """Address space of the reading process."""
    cpu_seconds: int = 180
    wall_seconds: int = 600
    """Of waiting for the reading process."""


DEFAULT: Final = Limits()
