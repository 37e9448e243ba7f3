"""A road plan on paper: the line on a map, its profile, the table of segments, what it meets, sums and method."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
import shapely.ops
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.portal.map_drawing import draw_map, path_of, svg_of
from xiaoyuan.portal.map_frame import MapFrame
from xiaoyuan.portal.map_labels import Label, declutter, labels_of
from xiaoyuan.portal.map_print import compile_sheet, layers_at, notes_of, scale_of
from xiaoyuan.portal.plan_answers import PlanView, chainage, method_lines, plan_view
from xiaoyuan.portal.queries.map_rows import map_rows
from xiaoyuan.register.access import access_division
from xiaoyuan.twin.models import RoadPlan
from xiaoyuan.twin.plans import line_of, staleness

_TEMPLATE: Final = Path(__file__).with_name("plan.typ")
_MAP_MM: Final = (182.0, 112.0)
_PROFILE_MM: Final = (182.0, 52.0)
_RED, _BLUE, _BROWN = "#c2410c", "#0f4c81", "#8a6a3f"


def set_plan(viewer: Viewer, plan: RoadPlan, now: datetime) -> bytes:
    """Return a plan as an A4 PDF for one viewer; raises `PrintFontMissing`, `PrintFailed`."""
    division = access_division(plan.division_code)
    view = plan_view(viewer, plan.result)
    line = line_of(plan)
    works = shapely.geometry.shape(plan.result["works"])
    frame = MapFrame.of(shapely.unary_union([line, works]).bounds, *_MAP_MM)
    rows = map_rows(division, frame.bounds, layers=layers_at(frame.scale), internal=None)
    stale = staleness(plan)
    content = {
        "title": _("Road sketch: %(name)s") % {"name": plan.name},
        "village": short_name(division.name),
        "mark": _("SAMPLE") if plan.is_sample else "",
        "note": plan.note,
        "warning": _("The ground or the land under this plan changed since it was computed.") if stale else "",
        "facts": _facts(plan, view),
        "map": {
            "svg": draw_map(frame, rows, over=_over(frame, line, works, plan)),
            "width": frame.width, "height": frame.height,
            "labels": [label.as_json() for label in _labels(frame, line, plan, labels_of(frame, rows))],
            "scale": scale_of(frame),
        },
        "profile": _profile(plan.result, plan.most_gradient_percent),
        "segments": [
            [
                f"{chainage(one['start_m'])} – {chainage(one['end_m'])}",
                f"{one['end_m'] - one['start_m']:,.0f}",
                f"{one['gradient_percent']:+.1f}",
                f"{one['ground_gradient_percent']:+.1f}",
                f"{one['cut_m3']:,.0f}",
                f"{one['fill_m3']:,.0f}",
                _("over limit") if one["is_over"] else "",
            ]
            for one in plan.result["segments"]
        ],
        "places": [
            [
                place.kind_label,
                place.title,
                place.use,
                f"{place.works_mu:.2f}" if place.works_m2 else "",
                place.at_text,
            ]
            for place in view.places
        ],
        "people": _people(view),
        "methods": [
            *method_lines(view.totals, plan.width_m, plan.most_gradient_percent),
            *(
                _("Elevation model: %(name)s, cells of %(cell)s m.")
                % {"name": model["name"], "cell": f"{model['cell_m']:.1f}"}
                for model in plan.result["ground_models"]
            ),
            _("Computed %(day)s.") % {"day": _day(plan.result["computed_at"])},
            *notes_of(plan.division_code, now),
        ],
        "words": {
            "segments": _("Segments"),
            "segment_heads": [
                _("Stretch"), _("m"), _("Design %"), _("Ground %"), _("Cut m³"), _("Fill m³"), "",
            ],
            "places": _("Met by road and slopes"),
            "place_heads": [_("Kind"), _("Name or number"), _("Use"), _("mu"), _("At")],
            "nothing": _("Nothing of the register is met."),
            "people": _("Households concerned"),
            "method": _("Method and source"),
            "profile": _("Profile"),
            "north": _("N"),
        },
    }  # fmt: skip
    return compile_sheet(_TEMPLATE, content)


def _day(stamp: str) -> str:
    return timezone.localtime(datetime.fromisoformat(stamp)).strftime("%Y-%m-%d %H:%M")


def _facts(plan: RoadPlan, view: PlanView) -> list[list[str]]:
    totals = view.totals
    metre = _("%(length)s m")
    return [
        [_("Length in plan"), metre % {"length": f"{totals['plan_length_m']:,.1f}"}],
        [_("Length on the slope"), metre % {"length": f"{totals['slope_length_m']:,.1f}"}],
        [_("Width"), metre % {"length": f"{plan.width_m:g}"}],
        [_("Gradient limit"), f"{plan.most_gradient_percent:g} %"],
        [_("Steepest"), f"{totals['steepest_percent']:.1f} %"],
        [_("Over the limit"), metre % {"length": f"{totals['over_m']:,.0f}"}],
        [_("Cut"), f"{totals['cut_m3']:,.0f} m³"],
        [_("Fill"), f"{totals['fill_m3']:,.0f} m³"],
        [_("Land taken with slopes"), _("%(area)s mu") % {"area": f"{totals['works_mu']:,.2f}"}],
        *([use, _("%(area)s mu") % {"area": f"{area:,.2f}"}] for use, area in view.uses[:6] if use),
    ]


def _people(view: PlanView) -> list[str]:
    """Name the households that the reader may see, count the others."""
    lines = [
        " ".join(filter(None, (one.head_name or _("no head recorded"), one.household_no)))
        for one in view.households.named
    ]
    if view.households.has_few_others:
        lines.append(_("fewer than five more households"))
    elif view.households.others:
        lines.append(_("at least %(count)d more households") % {"count": view.households.others})
    return lines or [_("none")]


def _over(frame: MapFrame, line: Any, works: Any, plan: RoadPlan) -> str:
    """Draw slopes, road and the stretches beyond the limit over the map."""
    width = max(plan.width_m * frame.millimetres_a_metre, 0.9)
    parts = [
        f'<path d="{path_of(frame, works)}" fill="{_BROWN}" fill-opacity=".3" stroke="{_BROWN}" stroke-width=".15" '
        'fill-rule="evenodd"/>',
        f'<path d="{path_of(frame, line)}" fill="none" stroke="#fff" stroke-width="{width + 0.7:.2f}"/>',
        f'<path d="{path_of(frame, line)}" fill="none" stroke="{_BLUE}" stroke-width="{width:.2f}"/>',
    ]
    placed = frame.place(line)
    share = placed.length / plan.result["plan_length_m"]
    for one in plan.result["segments"]:
        if one["is_over"]:
            part = shapely.ops.substring(placed, one["start_m"] * share, one["end_m"] * share)
            points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shapely.get_coordinates(part))
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{_RED}" stroke-width="{width:.2f}" '
                'stroke-dasharray="1.4 .7"/>'
            )
    return "".join(parts)


def _labels(frame: MapFrame, line: Any, plan: RoadPlan, others: list[Label]) -> list[Label]:
    placed = frame.place(line)
    length = plan.result["plan_length_m"]
    step = next((one for one in (50, 100, 200, 500, 1000, 2000) if length / one <= 12), 5000)
    own = []
    for metres in [*range(0, int(length), step), length]:
        point = placed.interpolate(placed.length * metres / length)
        own.append(Label(chainage(metres), point.x, point.y - 2.2, 6.0, "village"))
    return declutter([*own, *others], frame.width, frame.height)


def _profile(result: dict[str, Any], limit: float) -> dict[str, Any]:
    """Draw ground and design over the line, heights exaggerated; texts are set by the typesetter."""
    width, height = _PROFILE_MM
    left, bottom, right, top = 14.0, 7.0, 3.0, 4.0
    along = np.array(result["stations"]["chainage_m"])
    ground, design = np.array(result["stations"]["ground_m"]), np.array(result["stations"]["design_m"])
    low, high = float(min(ground.min(), design.min())), float(max(ground.max(), design.max()))
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (high - low) / one <= 5 or one == 500)
    low, high = np.floor(low / step) * step, max(np.ceil(high / step), np.floor(low / step) + 1) * step

    def x(metres: Any) -> Any:
        return left + np.asarray(metres) / along[-1] * (width - left - right)

    def y(metres: Any) -> Any:
        return height - bottom - (np.asarray(metres) - low) / (high - low) * (height - bottom - top)

    def points(heights: Any) -> str:
        return " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x(along), y(heights), strict=True))

    texts, parts = [], []
    for level in np.arange(low, high + step / 2, step):
        at = float(y(level))
        parts.append(f'<path d="M{left} {at:.2f}H{width - right}" stroke="#bbb" stroke-width=".12"/>')
        texts.append({"text": f"{level:g}", "x": left - 5, "y": at})
    across = next(one for one in (50, 100, 200, 500, 1000, 2000, 5000) if along[-1] / one <= 9 or one == 5000)
    for metres in np.arange(0, along[-1] + 1, across):
        at = float(x(metres))
        parts.append(f'<path d="M{at:.2f} {top}V{height - bottom}" stroke="#ddd" stroke-width=".12"/>')
        texts.append({"text": chainage(metres), "x": at, "y": height - bottom + 3})
    both = points(ground) + " " + " ".join(reversed(points(design).split(" ")))
    parts.append(f'<polygon points="{both}" fill="{_BROWN}" fill-opacity=".28" fill-rule="evenodd"/>')
    parts.append(
        f'<polyline points="{points(ground)}" fill="none" stroke="#444" stroke-width=".3" stroke-dasharray="1.2 .6"/>'
    )
    parts.append(f'<polyline points="{points(design)}" fill="none" stroke="{_BLUE}" stroke-width=".55"/>')
    gradient = np.abs(np.diff(design) / np.diff(along)) * 100
    for place in np.flatnonzero(gradient > limit + 0.05):
        pair = slice(place, place + 2)
        ends = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x(along[pair]), y(design[pair]), strict=True))
        parts.append(f'<polyline points="{ends}" fill="none" stroke="{_RED}" stroke-width="1"/>')
    return {
        "svg": svg_of("".join(parts), width, height), "width": width, "height": height, "texts": texts,
        "key": _("blue: design, dashed: ground, red: beyond the limit; heights in metres, exaggerated"),
    }  # fmt: skip
