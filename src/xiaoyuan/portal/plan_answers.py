"""A computed road as the viewer may see it: places of their layers, areas in mu, households by right."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Choices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.lib.units import mu_from_square_metres
from xiaoyuan.portal.queries.plan_people import Concerned, households_concerned
from xiaoyuan.register.choices import BuildingUse, LayerClass, ParcelUse, RoadClass, WaterKind
from xiaoyuan.twin.plan_places import Crossed, areas_by_use, as_guarded_now
from xiaoyuan.twin.plans import places_of

KIND_LABELS: Final[dict[str, Any]] = {
    "parcel": gettext_lazy("Parcel"),
    "courtyard": gettext_lazy("Courtyard"),
    "building": gettext_lazy("Building"),
    "road": gettext_lazy("Road"),
    "water": gettext_lazy("Water"),
}
_USES: Final[dict[str, type[Choices]]] = {
    "parcel": ParcelUse,
    "building": BuildingUse,
    "road": RoadClass,
    "water": WaterKind,
}


@dataclass(frozen=True)
class PlaceLine:
    """One crossed place as a line of a table: areas in m2 and mu, places along the road in metres."""

    kind: str
    kind_label: str
    cid: int
    title: str
    use: str
    road_mu: float
    works_mu: float
    works_m2: float
    at_m: tuple[float, ...]

    @property
    def at_text(self) -> str:
        """Where it is crossed, as chainages."""
        return "、".join(chainage(place) for place in self.at_m[:6])


@dataclass(frozen=True)
class PlanView:
    """A result for one viewer."""

    totals: dict[str, Any]
    places: tuple[PlaceLine, ...]
    uses: tuple[tuple[str, float], ...]
    households: Concerned
    hidden: int


def chainage(metres: float) -> str:
    """Write a place along a road as engineers do: K0+120."""
    whole = round(metres)
    return f"K{whole // 1000}+{whole % 1000:03d}"


def can_name(viewer: Viewer, place: Crossed) -> bool:
    """Whether a crossed place may be named: public ones to anyone, internal ones within the console right."""
    if place.layer_class == LayerClass.INTERNAL:
        return viewer.scope_for(Permission.CONSOLE).contains_division(place.division_code)
    return place.layer_class == LayerClass.PUBLIC


def plan_view(viewer: Viewer, result: dict[str, Any]) -> PlanView:
    """Return what a viewer may see of a kept or fresh result. At most nine queries."""
    every = as_guarded_now(places_of(result))
    shown = tuple(place for place in every if can_name(viewer, place))
    uses = sorted(areas_by_use(shown).items(), key=lambda pair: -pair[1])
    return PlanView(
        totals={
            key: result[key]
            for key in (
                "plan_length_m", "slope_length_m", "lowest_m", "highest_m", "steepest_percent", "over_m", "cut_m3",
                "fill_m3", "open_sections", "road_m2", "works_m2", "spacing_m", "computed_at",
            )
        } | {
            "road_mu": round(mu_from_square_metres(result["road_m2"]), 2),
            "works_mu": round(mu_from_square_metres(result["works_m2"]), 2),
        },
        places=tuple(_line(place) for place in shown),
        uses=tuple((_label("parcel", use), round(mu_from_square_metres(area), 2)) for use, area in uses),
        households=households_concerned(viewer, shown),
        hidden=len(every) - len(shown),
    )  # fmt: skip


def _line(place: Crossed) -> PlaceLine:
    use = _label(place.kind, place.use)
    return PlaceLine(
        kind=place.kind,
        kind_label=str(KIND_LABELS[place.kind]),
        cid=place.cid,
        title=place.name or use or str(place.cid),
        use=use,
        road_mu=round(mu_from_square_metres(place.road_m2), 3),
        works_mu=round(mu_from_square_metres(place.works_m2), 3),
        works_m2=place.works_m2,
        at_m=place.at_m,
    )


def _label(kind: str, use: str) -> str:
    choices = _USES.get(kind)
    return str(choices(use).label) if choices and use in choices.values else ""


def method_lines(totals: dict[str, Any], width_m: float, limit: float) -> list[str]:
    """Say how a road was computed, so that its figures can be judged."""
    return [
        _("Lengths and areas: transverse Mercator plane through the drawing, CGCS2000 ellipsoid.")
        + " "
        + _("Stations every %(spacing)d m.") % {"spacing": totals["spacing_m"]},
        _(
            "Design profile: linear program, least area between road and ground, both ends on the ground, gradient "
            "up to %(limit)s %%, vertical curves of at least 200 m radius where possible, few changes of gradient."
        )
        % {"limit": f"{limit:g}"},
        _(
            "Cut and fill: cross-sections of %(width)s m formation, slopes 1:1 in cuts and 1:1.5 on fills, average "
            "end area. No topsoil, drains, walls, bulking or shrinkage."
        )
        % {"width": f"{width_m:g}"},
        _("An estimate on the elevation model named below, for choosing between lines; not a design."),
    ]
