"""Texts of a printed map: the important ones first, none over another, numbers only where they can be read."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.portal.map_drawing import NUMBERS_UP_TO
from xiaoyuan.portal.map_frame import MapFrame
from xiaoyuan.portal.queries.map_rows import MapRows, Named
from xiaoyuan.register.choices import RoadClass

PT: Final = 25.4 / 72
_GAP: Final = 0.35
_GREAT_ROADS: Final = frozenset({RoadClass.HIGHWAY, RoadClass.COUNTY, RoadClass.TOWNSHIP})
_LEAST_WATER_MM2: Final = 14.0


@dataclass(frozen=True)
class Label:
    """A text with its middle in millimetres of the window, size in pt and turn in degrees clockwise."""

    text: str
    x: float
    y: float
    size: float
    kind: str
    angle: float = 0.0

    @property
    def box(self) -> Any:
        """The ground on paper that the text covers."""
        width = sum(1.0 if ord(character) > 0x2E7F else 0.56 for character in self.text) * self.size * PT
        half_x, half_y = width / 2 + _GAP, self.size * PT * 0.6 + _GAP / 2
        turned = math.radians(self.angle)
        along = np.array([math.cos(turned), math.sin(turned)])
        across = np.array([-along[1], along[0]])
        corners = [(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)]
        return shapely.Polygon([np.array([self.x, self.y]) + a * along + b * across for a, b in corners])

    def as_json(self) -> dict[str, Any]:
        """Return it for the typesetter."""
        return {
            "text": self.text, "x": round(self.x, 2), "y": round(self.y, 2), "size": self.size, "kind": self.kind,
            "angle": round(self.angle, 1),
        }  # fmt: skip


def labels_of(frame: MapFrame, rows: MapRows) -> list[Label]:
    """Return the texts of a map that fit, the important ones first."""
    wanted = [
        *_areas(frame, rows.inner, 10.0, "village"),
        *_areas(frame, rows.neighbours, 8.5, "neighbour"),
        *_roads(frame, rows),
        *_waters(frame, rows),
        *_numbers(frame, rows),
    ]
    return declutter(wanted, frame.width, frame.height)


def declutter(wanted: list[Label], width: float, height: float) -> list[Label]:
    """Keep each label that lies within the window and over none kept before."""
    kept: list[Label] = []
    boxes: list[Any] = []
    bounds = np.zeros((0, 4))
    window = shapely.box(0.5, 0.5, width - 0.5, height - 0.5)
    for label in wanted:
        box = label.box
        if not window.contains(box):
            continue
        west, south, east, north = box.bounds
        near = np.flatnonzero(
            (bounds[:, 0] < east) & (bounds[:, 2] > west) & (bounds[:, 1] < north) & (bounds[:, 3] > south)
        )
        if any(shapely.intersects(boxes[place], box) for place in near):
            continue
        kept.append(label)
        boxes.append(box)
        bounds = np.vstack((bounds, [[west, south, east, north]]))
    return kept


def _areas(frame: MapFrame, areas: list[Named], size: float, kind: str) -> list[Label]:
    made = []
    for one in areas:
        seen = shapely.clip_by_rect(frame.place(one.shape), 0, 0, frame.width, frame.height)
        if seen.is_empty or seen.area < 30:
            continue
        place = shapely.point_on_surface(seen)
        made.append((seen.area, Label(one.text, place.x, place.y, size, kind)))
    return [label for _area, label in sorted(made, key=lambda pair: -pair[0])]


def _roads(frame: MapFrame, rows: MapRows) -> list[Label]:
    longest: dict[str, tuple[float, Label]] = {}
    for shape, kind, _width, name in rows.roads:
        if not name:
            continue
        for part in shapely.get_parts(_seen(frame, shape)):
            size = 7.5 if kind in _GREAT_ROADS else 6.0
            # A name longer than its road would hang over its neighbours'.
            least = max(len(name) * size * PT * 1.1, longest.get(name, (0.0, None))[0])
            if part.geom_type == "LineString" and part.length > least:
                longest[name] = (part.length, _along(part, name, size, "road"))
    return [label for _length, label in sorted(longest.values(), key=lambda pair: -pair[0])]


def _waters(frame: MapFrame, rows: MapRows) -> list[Label]:
    longest: dict[str, tuple[float, Label]] = {}
    for one in rows.waters:
        if not one.text:
            continue
        for part in shapely.get_parts(_seen(frame, one.shape)):
            size = part.length
            if size <= longest.get(one.text, (6.0, None))[0]:
                continue
            if part.geom_type == "LineString":
                longest[one.text] = (size, _along(part, one.text, 7.0, "water"))
            elif part.geom_type == "Polygon" and part.area > _LEAST_WATER_MM2:
                place = shapely.point_on_surface(part)
                longest[one.text] = (size, Label(one.text, place.x, place.y, 7.0, "water"))
    return [label for _length, label in sorted(longest.values(), key=lambda pair: -pair[0])]


def _numbers(frame: MapFrame, rows: MapRows) -> list[Label]:
    if frame.scale > NUMBERS_UP_TO:
        return []
    size = 6.0 if frame.scale <= 1500 else 5.0
    made = []
    for one in rows.courtyards:
        if one.text:
            place = shapely.point_on_surface(frame.place(one.shape))
            # Below its middle, so that the houses stay in sight.
            made.append(Label(one.text.removesuffix("号"), place.x, place.y, size, "number"))
    return made


def _seen(frame: MapFrame, shape: Any) -> Any:
    return shapely.clip_by_rect(frame.place(shape), 0, 0, frame.width, frame.height)


def _along(line: Any, text: str, size: float, kind: str) -> Label:
    """Set a text along the middle of a line, readable from below."""
    reach = len(text) * size * PT / 2
    middle = line.length / 2
    first, last = (
        line.interpolate(max(0.0, middle - reach)),
        line.interpolate(min(line.length, middle + reach)),
    )
    angle = math.degrees(math.atan2(last.y - first.y, last.x - first.x))
    if angle > 90 or angle <= -90:
        angle += 180 if angle < 0 else -180
    return Label(text, (first.x + last.x) / 2, (first.y + last.y) / 2, size, kind, angle)
