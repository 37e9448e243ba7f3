"""A kept road plan without the ground and the land that made it."""

from django.utils import timezone
from shapely import LineString, to_wkb
from shapely.geometry import mapping

from xiaoyuan.twin.models import RoadPlan


def plan_of(county_id: int, code: str) -> RoadPlan:
    """Return a new plan of a division, 100 m long, that meets nothing."""
    line = LineString([(105.29, 27.3), (105.291, 27.3)])
    stations = {"chainage_m": [0, 100], "ground_m": [1000, 1004], "design_m": [1000, 1004]}
    sums = dict.fromkeys(
        ["over_m", "cut_m3", "fill_m3", "open_sections", "road_m2", "works_m2"],
        0,
    )
    now = timezone.now()
    return RoadPlan.objects.create(
        county_id=county_id,
        division_code=code,
        is_sample=True,
        name="试画",
        line_wkb=to_wkb(line),
        width_m=4.5,
        most_gradient_percent=8,
        created_at=now,
        updated_at=now,
        result=sums
        | {
            "plan_length_m": 100,
            "slope_length_m": 100.1,
            "lowest_m": 1000,
            "highest_m": 1004,
            "steepest_percent": 4,
            "spacing_m": 10,
            "computed_at": now.isoformat(),
            "method": 1,
            "stations": stations,
            "segments": [],
            "crossed": [],
            "works": mapping(line.buffer(0.00005)),
            "ground_models": [],
            "ground_digest": "",
            "places_digest": "",
        },
    )
