"""The sheet of a printed map: paper, window, scale and graticule. Lengths on paper in millimetres."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.twin.planning.frame import MetricFrame

Bounds = tuple[float, float, float, float]
SCALES: Final = tuple(
    step * 10**power for power in range(2, 7) for step in (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5)
)
PAPERS: Final[dict[str, tuple[float, float]]] = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
_MARGIN: Final = 9.0
_HEAD: Final = 15.0
_TICKS: Final = 4.5
"""Room around the window for the figures of the graticule."""
_GRATICULE_SECONDS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True)
class Sheet:
    """A paper lying or standing with a window for the map and room for legend and inset beside or below it."""

    paper: str
    is_lying: bool

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the paper."""
        short, long = PAPERS[self.paper]
        return (long, short) if self.is_lying else (short, long)

    @property
    def side(self) -> float:
        """Width of the column (lying) or height of the strip (standing) that holds legend, inset and notes."""
        return (
            (60.0 if self.paper == "a3" else 47.0)
            if self.is_lying
            else (66.0 if self.paper == "a3" else 56.0)
        )

    @property
    def window(self) -> tuple[float, float, float, float]:
        """Left, top, width, height of the map."""
        width, height = self.size
        left, top = _MARGIN + _TICKS, _MARGIN + _HEAD
        across, down = width - 2 * (_MARGIN + _TICKS), height - top - _MARGIN - _TICKS
        if self.is_lying:
            across -= self.side + 2
        else:
            down -= self.side + 2
        return left, top, across, down

    @property
    def margin(self) -> float:
        """White border of the paper."""
        return _MARGIN


def sheet_for(bounds: Bounds, paper: str) -> Sheet:
    """Return the paper lying or standing, whichever shows a box of degrees larger."""
    return min((Sheet(paper, is_lying) for is_lying in (False, True)), key=lambda one: _scale_on(one, bounds))


def _scale_on(sheet: Sheet, bounds: Bounds) -> float:
    metric = shapely.bounds(MetricFrame.around(shapely.box(*bounds)).to_metres(shapely.box(*bounds)))
    _left, _top, width, height = sheet.window
    room = 0.94
    return float(max((metric[2] - metric[0]) / width, (metric[3] - metric[1]) / height) * 1000 / room)


@dataclass(frozen=True)
class MapFrame:
    """From degrees to millimetres of the window: x to the right, y down, north up."""

    frame: MetricFrame
    scale: float
    width: float
    height: float

    @classmethod
    def of(cls, bounds: Bounds, width: float, height: float, scale: float | None = None) -> "MapFrame":
        """Return the frame with a box of degrees in its middle, at the largest round scale that shows all of it."""
        box = shapely.box(*bounds)
        frame = MetricFrame.around(box)
        west, south, east, north = shapely.bounds(frame.to_metres(box))
        least = max((east - west) / width, (north - south) / height) * 1000 / 0.94
        chosen = scale or next((one for one in SCALES if one >= least), least)
        return cls(frame, float(chosen), width, height)

    @property
    def millimetres_a_metre(self) -> float:
        """Length on paper of a metre."""
        return 1000.0 / self.scale

    def place(self, geometry: Any) -> Any:
        """Return a geometry (or an array) in millimetres."""

        def moved(lon_lat: Any) -> Any:
            xy = self.frame.metres(lon_lat) * self.millimetres_a_metre
            return np.column_stack((self.width / 2 + xy[:, 0], self.height / 2 - xy[:, 1]))

        return shapely.transform(geometry, moved)

    @cached_property
    def bounds(self) -> Bounds:
        """West, south, east, north of the window in degrees."""
        x, y = self.width / 2 / self.millimetres_a_metre, self.height / 2 / self.millimetres_a_metre
        corners = self.frame.degrees(np.array([[-x, -y], [-x, y], [x, -y], [x, y], [0, y], [0, -y]]))
        west, south = corners.min(axis=0)
        east, north = corners.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def graticule(self) -> list[dict[str, Any]]:
        """Return meridians and parallels as `{d, text, side, at}` with their figures at the window's edge."""
        west, south, east, north = self.bounds
        span = max(east - west, north - south) * 3600
        step = next((one for one in _GRATICULE_SECONDS if span / one <= 7), 7200)
        lines = []
        for is_meridian, low, high in ((True, west, east), (False, south, north)):
            for second in range(math.ceil(low * 3600 / step) * step, math.floor(high * 3600) + 1, step):
                value = second / 3600
                ends = [(value, south), (value, north)] if is_meridian else [(west, value), (east, value)]
                points = shapely.get_coordinates(
                    self.place(shapely.LineString(np.linspace(ends[0], ends[1], 9)))
                )
                at = float(points[:, 0].mean() if is_meridian else points[:, 1].mean())
                limit = self.width if is_meridian else self.height
                if 6 < at < limit - 6:
                    lines.append(
                        {
                            "points": points,
                            "text": _degrees(second, is_meridian),
                            "is_meridian": is_meridian,
                            "at": at,
                        }
                    )
        return lines

    def bar(self, most: float = 38.0) -> tuple[float, str, str]:
        """Return the scale bar, at most `most` millimetres long: its length, the figures of its middle and end."""
        nice = [step * 10**power for power in range(6) for step in (1, 2, 5)]
        metres = max((one for one in nice if one * self.millimetres_a_metre <= most), default=1)

        def said(length: float) -> str:
            return f"{length / 1000:g} km" if metres >= 2000 else f"{length:g} m"

        return metres * self.millimetres_a_metre, said(metres / 2), said(metres)


def _degrees(second: int, is_meridian: bool) -> str:
    minutes, seconds = divmod(abs(second), 60)
    degrees, minutes = divmod(minutes, 60)
    text = f"{degrees}°{minutes:02d}′" + (f"{seconds:02d}″" if seconds else "")
    sign = ("W" if second < 0 else "E") if is_meridian else ("S" if second < 0 else "N")
    return f"{text} {sign}"
