"""Which rows a file holds: those a scene of the division shows, cut to a box, read chunk by chunk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.imports.place_plan import box_text
from xiaoyuan.register.models import County, Division, PlaceRow
from xiaoyuan.register.queries.divisions import division_bounds
from xiaoyuan.register.spatial import Bounds
from xiaoyuan.twin.outputs.errors import BadBox, BoxOutside
from xiaoyuan.twin.reading import Part, attribution

CHUNK: Final = 4_000
"""Rows in memory at once."""
Progress = Callable[[str, int, int], None]
"""Told of a layer how many rows of how many are written."""


def box_of(text: str) -> Bounds:
    """Return the box that `west,south,east,north` names; raises `BadBox`."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadBox(text) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadBox(text)
    return west, south, east, north


@dataclass(frozen=True)
class Wanted:
    """What is asked for: a division and all below it, public layers or internal ones too, all or within a box."""

    division: Division
    now: datetime
    box: Bounds | None = None
    with_internal: bool = False
    with_terrain: bool = False
    """Of 3D Tiles: the ground under them too."""

    def __post_init__(self) -> None:
        """Refuse a box beside the division."""
        land = division_bounds(self.division.code)
        if self.box is not None and land is not None and not meets(self.box, land):
            raise BoxOutside(self.division.code, box_text(land))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The rows of each layer class; restricted ones never leave."""
        classes = (LayerClass.PUBLIC, LayerClass.INTERNAL) if self.with_internal else (LayerClass.PUBLIC,)
        return tuple(Part(self.division.code, one) for one in classes)

    @property
    def area(self) -> Bounds | None:
        """The box, else the land of the division."""
        return self.box or division_bounds(self.division.code)

    @property
    def attribution(self) -> list[str]:
        """Whom the data is owed to."""
        return attribution(self.division.code)

    @property
    def is_sample(self) -> bool:
        """Whether invented rows may be among those shown."""
        code = self.division.code
        counties = County.objects.filter(shows_sample=True)
        return (
            counties.filter(code=code[:6]).exists()
            if divisions.county_of(code)
            else counties.filter(**divisions.range_below(code, "code")).exists()
        )

    def about(self) -> dict[str, str]:
        """What every file says of itself."""
        return {
            "division": self.division.code,
            "name": self.division.name,
            "made_at": self.now.isoformat(timespec="seconds"),
            "attribution": "; ".join(self.attribution),
            "content": "sample" if self.is_sample else "register",
            "layers": "public and internal" if self.with_internal else "public",
        }

    def chunks(self, rows: Any, *columns: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield rows of a query as (shape, columns…); of a box, those whose shape really meets it."""
        frame = None if self.box is None else shapely.box(*self.box)
        found = rows.order_by("pk").values_list("wkb", *columns).iterator(chunk_size=CHUNK)
        for chunk in _chunked(found):
            shapes = np.asarray(shapely.from_wkb([bytes(row[0]) for row in chunk]), dtype=object)
            kept = np.ones(len(chunk), bool) if frame is None else shapely.intersects(shapes, frame)
            yield [
                (shape, *row[1:])
                for shape, row, keep in zip(shapes, chunk, kept.tolist(), strict=True)
                if keep
            ]

    def rows(self, part: Part, model: type[PlaceRow]) -> Any:
        """Return the places of a table that the file holds; a superset where a box cuts."""
        return part.rows(model, self.box)


def meets(one: Bounds, other: Bounds) -> bool:
    """Whether two boxes share a point."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _chunked(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
