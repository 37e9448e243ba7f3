"""Reports for tests: one at the courtyard of the cast's village."""

from datetime import datetime
from typing import Any

from tests.cast import NOW, Cast
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.reporting import Receipt, Reporter, report_incident
from xiaoyuan.incidents.choices import Source
from xiaoyuan.incidents.models import IncidentCategory


def category(cast: Cast, code: str = "lamp") -> IncidentCategory:
    county_id = cast.own.courtyard.county_id
    ensure_categories(county_id)
    return IncidentCategory.objects.get(county_id=county_id, code=code)


def report(cast: Cast, now: datetime = NOW, where: str = "own", code: str = "lamp", **values: Any) -> Receipt:
    place = cast.places[where]
    county_id = place.courtyard.county_id
    ensure_categories(county_id)
    return report_incident(
        county_id=county_id,
        division_code=place.courtyard.division_code,
        category=IncidentCategory.objects.get(county_id=county_id, code=code),
        courtyard=place.courtyard,
        words=values.pop("words", "路灯不亮"),
        reporter=values.pop("reporter", Reporter()),
        source=Source.PLATE,
        is_sample=True,
        actor=values.pop("actor", SYSTEM),
        now=now,
        **values,
    )
