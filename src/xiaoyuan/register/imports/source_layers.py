"""A layer of a map file as it was read: shapes in degrees, columns as the file names them, what could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

Shapes = NDArray[np.object_]


class Reason(StrEnum):
    """Why a feature of a file is not in the register."""

    NO_SHAPE = "no_shape"
    NOT_NUMBERS = "not_numbers"
    WRONG_KIND = "wrong_kind"
    NO_EXTENT = "no_extent"
    BROKEN = "broken"
    OUTSIDE = "outside"
    UNKNOWN_DIVISION = "unknown_division"
    REPEATED = "repeated"
    CONTRADICTS = "contradicts"
    KEY_TAKEN = "key_taken"
    POINT = "point"
    LINE = "line"
    GROUP = "group"
    NOT_BUILT = "not_built"
    OTHER_KIND = "other_kind"
    OTHER_LEVEL = "other_level"

    @property
    def text(self) -> str:
        """The sentence for people."""
        return {
            Reason.NO_SHAPE: _("It has no shape."),
            Reason.NOT_NUMBERS: _("Its coordinates are not numbers."),
            Reason.WRONG_KIND: _("Its shape is of another kind than the layer needs."),
            Reason.NO_EXTENT: _("Its shape covers no ground."),
            Reason.BROKEN: _("Parts of its shape are missing in the file, or its rings do not close."),
            Reason.OUTSIDE: _("It lies outside the division."),
            Reason.UNKNOWN_DIVISION: _("Its division is unknown or lies elsewhere."),
            Reason.REPEATED: _("It repeats an earlier one."),
            Reason.CONTRADICTS: _("Its key stands for different things in the file."),
            Reason.KEY_TAKEN: _("Its number is in use elsewhere in the county."),
            Reason.POINT: _("It is a point, not a shape."),
            Reason.LINE: _("It is a line where an area is needed."),
            Reason.GROUP: _("It only groups other objects."),
            Reason.NOT_BUILT: _("It is planned or under construction."),
            Reason.OTHER_KIND: _("The register keeps nothing of this kind."),
            Reason.OTHER_LEVEL: _("It is a boundary of another level."),
        }[self]


NOT_OF_THE_LAYER = frozenset(
    {Reason.POINT, Reason.LINE, Reason.GROUP, Reason.NOT_BUILT, Reason.OTHER_KIND, Reason.OTHER_LEVEL}
)
"""Reasons that are no mistake of the file: counted, not kept row by row."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A feature that is not taken over."""

    row_number: int
    reason: Reason
    cells: dict[str, Any] = field(default_factory=dict)


@dataclass
class SourceLayer:
    """A layer of `n` features. `table` is set when the format itself says what they are.

    `shapes`: shapely geometries in CGCS2000 degrees, None where there is none; `columns`: name -> n values, None where
    empty; `notes`: what else the file says of each feature; `row_numbers` count from 1 in the file;
    `remarks`: what a person should know of the layer before and after it is written.
    """

    name: str
    table: str | None
    shapes: Shapes
    row_numbers: Sequence[int]
    columns: dict[str, list[Any]]
    notes: list[dict[str, Any]] | None = None
    left_out: list[LeftOut] = field(default_factory=list)
    crs: str = ""
    accuracy_m: float | None = None
    remarks: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def read(self) -> int:
        """How many features the file has in this layer."""
        return len(self.shapes) + len(self.left_out)
