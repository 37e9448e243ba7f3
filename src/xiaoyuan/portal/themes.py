"""Colouring of the map by a value: which themes a viewer is offered, and the values of one with its classes.

Values are joined in the browser on the division code or the number in the tiles; nothing of them is ever in a tile.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import shapely
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.indicators.definitions import INDICATORS, Indicator
from xiaoyuan.indicators.queries import shows_sample, values_by_division
from xiaoyuan.lib import divisions
from xiaoyuan.lib.class_breaks import equal_breaks, natural_breaks, quantile_breaks
from xiaoyuan.register import counters
from xiaoyuan.register.access import access_division, can_see_people
from xiaoyuan.register.choices import LayerClass, ResidenceKind
from xiaoyuan.register.measuring import areas_m2
from xiaoyuan.register.models import SHOWN, Building, County, Courtyard, Division, Parcel, PlaceRow, Residence
from xiaoyuan.register.overlays import vacant_courtyards

MOST_CATEGORIES: Final = 7
"""Words that get a colour of their own; rarer ones are one class."""
DIVISION: Final = "division:"
_WHY: Final = "rows are kept to the layer classes that the viewer may see"
_TOWNSHIP_DIGITS: Final = 9
_COUNTY_DIGITS: Final = 6
_M2_PER_MU: Final = 2000 / 3
DENSITY: Final = "density"
_IN_WORDS: Final = ("water_quality_grade",)
"""Indicators whose value is a word."""

Text = str | Promise


Pairs = Iterable[tuple[int, Any]]


@dataclass(frozen=True)
class PlaceTheme:
    """A property of places. `read` gives (cid, value) of rows, within a scope of people; None or "" is no data."""

    id: str
    subject: str
    title: Text
    unit: Text
    model: type[PlaceRow]
    read: Callable[["QuerySet[Any]", Scope], Pairs]
    words: Mapping[str, Text] | None = None
    """For words: label by stored code; {} shows what is stored."""
    is_of_people: bool = False


def _column(name: str) -> Callable[["QuerySet[Any]", Scope], Pairs]:
    return lambda rows, _scope: rows.order_by("cid").values_list("cid", name)


def _area_mu(rows: "QuerySet[Any]", _scope: Scope) -> Pairs:
    areas = rows.order_by("cid").values_list("cid", "area_m2")
    return [(cid, round(area / _M2_PER_MU, 2)) for cid, area in areas]


def _buildings(rows: "QuerySet[Any]", _scope: Scope) -> Pairs:
    return list(rows.order_by("cid").annotate(amount=Count("buildings")).values_list("cid", "amount"))


def _residents(rows: "QuerySet[Any]", _scope: Scope) -> Pairs:
    living = (
        Residence.objects.unscoped(_WHY)
        .filter(
            courtyard=OuterRef("pk"),
            kind=ResidenceKind.ACTUAL,
            until__isnull=True,
            is_sample=OuterRef("is_sample"),
        )
        .order_by()
        .values("courtyard")
        .annotate(amount=Count("pk"))
        .values("amount")
    )
    return list(rows.order_by("cid").annotate(amount=Subquery(living)).values_list("cid", "amount"))


def _vacancy(rows: "QuerySet[Any]", scope: Scope) -> Pairs:
    """Vacant or lived in; a courtyard that no ledger of people names is no data."""
    vacant = set(vacant_courtyards(scope).values_list("cid", flat=True))
    for cid, amount in _residents(rows, scope):
        yield cid, "vacant" if cid in vacant else "lived_in" if amount else ""


def _choices(model: type[PlaceRow], name: str) -> dict[str, Text]:
    choices: Iterable[tuple[str, Text]] = getattr(model._meta.get_field(name), "choices", None) or ()
    return {code: label for code, label in choices if code}


_VACANCY: Final[dict[str, Text]] = {
    "vacant": gettext_lazy("vacant"),
    "lived_in": pgettext_lazy("house", "lived in"),
}

PLACE_THEMES: Final[tuple[PlaceTheme, ...]] = (
    PlaceTheme(
        "courtyard:residents",
        "courtyard",
        gettext_lazy("Residents"),
        pgettext_lazy("unit", "persons"),
        Courtyard,
        _residents,
        is_of_people=True,
    ),
    PlaceTheme(
        "courtyard:vacancy",
        "courtyard",
        gettext_lazy("Vacancy"),
        "",
        Courtyard,
        _vacancy,
        words=_VACANCY,
        is_of_people=True,
    ),
    PlaceTheme(
        "courtyard:group", "courtyard", gettext_lazy("Villager group"), "", Courtyard, _column("group"), {}
    ),
    PlaceTheme(
        "courtyard:buildings",
        "courtyard",
        gettext_lazy("Buildings"),
        pgettext_lazy("unit", "buildings"),
        Courtyard,
        _buildings,
    ),
    PlaceTheme(
        "parcel:use", "parcel", gettext_lazy("Land use"), "", Parcel, _column("use"), _choices(Parcel, "use")
    ),
    PlaceTheme("parcel:crop", "parcel", gettext_lazy("Crop"), "", Parcel, _column("crop"), {}),
    PlaceTheme("parcel:area", "parcel", gettext_lazy("Area"), pgettext_lazy("unit", "mu"), Parcel, _area_mu),
    PlaceTheme(
        "building:use",
        "building",
        gettext_lazy("Use"),
        "",
        Building,
        _column("use"),
        _choices(Building, "use"),
    ),
    PlaceTheme(
        "building:storeys",
        "building",
        gettext_lazy("Storeys"),
        pgettext_lazy("unit", "storeys"),
        Building,
        _column("storeys"),
    ),
    PlaceTheme(
        "building:structure",
        "building",
        gettext_lazy("Structure"),
        "",
        Building,
        _column("structure"),
        _choices(Building, "structure"),
    ),
    PlaceTheme(
        "building:built_year", "building", gettext_lazy("Year built"), "", Building, _column("built_year")
    ),
)


def theme_list(viewer: Viewer, code: str) -> list[dict[str, str]]:
    """Return the themes that the viewer is offered for a division; raises `NotFound`."""
    division = access_division(code)
    offered: list[dict[str, str]] = []
    if len(division.code) < max(divisions.LENGTHS):
        offered += [
            _line(f"{DIVISION}{indicator.id}", "division", indicator.label, indicator.unit)
            for indicator in INDICATORS
            if indicator.id not in _IN_WORDS
        ]
        offered.insert(
            1, _line(f"{DIVISION}{DENSITY}", "division", _("Population density"), _("persons/km²"))
        )
    if len(division.code) >= _TOWNSHIP_DIGITS:
        may_see_people = can_see_people(viewer, division.code)
        offered += [
            _line(theme.id, theme.subject, theme.title, theme.unit)
            for theme in PLACE_THEMES
            if may_see_people or not theme.is_of_people
        ]
    return offered


def theme_answer(viewer: Viewer, code: str, theme_id: str, now: datetime) -> dict[str, Any]:
    """Return the values of a theme with class limits; raises `NotFound` for one that is not offered."""
    division = access_division(code)
    line = next((one for one in theme_list(viewer, division.code) if one["id"] == theme_id), None)
    if line is None:
        raise NotFound
    today = timezone.localdate(now)
    if theme_id.startswith(DIVISION):
        return {**line, **_of_divisions(viewer, division, theme_id.removeprefix(DIVISION), today)}
    theme = next(one for one in PLACE_THEMES if one.id == theme_id)
    return {**line, **_of_places(viewer, division, theme), "as_of": today.isoformat()}


def _line(id: str, subject: str, title: Text, unit: Text) -> dict[str, str]:
    return {"id": id, "subject": subject, "title": str(title), "unit": str(unit)}


def _of_divisions(viewer: Viewer, division: Division, name: str, today: date) -> dict[str, Any]:
    """Values by division code: of villages from the county down, of the next level above it."""
    rows = _divisions_below(division)
    codes = [row.code for row in rows]
    is_density = name == DENSITY
    indicator = _indicator(counters.PERSONS_REGISTERED if is_density else name)
    values = values_by_division(
        indicator,
        codes,
        within=division.code,
        as_of=today,
        is_sample=shows_sample(division.code),
        may_see_small=lambda code: can_see_people(viewer, code),
    )
    numbers = [values[code].number for code in codes]
    if is_density:
        numbers = _per_km2(rows, numbers)
    known = [value.as_of for value in values.values() if value.as_of]
    return {
        "keys": codes,
        "names": [row.name for row in rows],
        "values": numbers,
        "withheld": sum(value.is_withheld for value in values.values()),
        "as_of": (min(known) if known else today).isoformat(),
        **_number_classes(numbers),
    }


def _divisions_below(division: Division) -> list[Division]:
    in_force = Division.objects.filter(valid_until__isnull=True)
    if len(division.code) < _COUNTY_DIGITS:
        return list(in_force.filter(parent=division).order_by("code"))
    below = divisions.range_below(division.code, "code")
    return list(in_force.filter(level="village", **below).order_by("code"))


def _indicator(name: str) -> Indicator:
    return next(indicator for indicator in INDICATORS if indicator.id == name)


def _per_km2(rows: Sequence[Division], numbers: Sequence[float | None]) -> list[float | None]:
    shapes = np.array(
        [shapely.from_wkb(bytes(row.outline_wkb)) if row.outline_wkb else shapely.Polygon() for row in rows],
        dtype=object,
    )
    areas = areas_m2(shapes) / 1e6 if len(rows) else np.zeros(0)
    return [
        None if number is None or area <= 0 else round(float(number / area), 1)
        for number, area in zip(numbers, areas, strict=True)
    ]


def _of_places(viewer: Viewer, division: Division, theme: PlaceTheme) -> dict[str, Any]:
    county = County.objects.filter(code=division.code[:6]).first()
    rows = _visible(viewer, division, theme.model)
    people = Scope(prefixes=viewer.scope_for(Permission.VIEW_PEOPLE).narrowed_to(division.code).prefixes)
    pairs = list(theme.read(rows, people))
    keys = [cid for cid, _value in pairs]
    raw = [value if value != "" else None for _cid, value in pairs]
    classes = _number_classes(raw) if theme.words is None else _word_classes(raw, theme.words)
    answer = {"county_id": county.pk if county else 0, "keys": keys, "withheld": 0, **classes}
    answer.setdefault("values", raw)
    if theme.subject == "courtyard":
        houses = _visible(viewer, division, Building).filter(courtyard__in=rows.values("pk"))
        linked = list(houses.order_by("cid").values_list("cid", "courtyard__cid"))
        answer["buildings"] = [[cid for cid, _yard in linked], [yard for _cid, yard in linked]]
    return answer


def _visible(viewer: Viewer, division: Division, model: type[PlaceRow]) -> "QuerySet[Any]":
    classes = [LayerClass.PUBLIC]
    if viewer.scope_for(Permission.CONSOLE).contains_division(division.code):
        classes.append(LayerClass.INTERNAL)
    rows: QuerySet[Any] = model.objects.unscoped(_WHY).filter(
        Q(**divisions.range_below(division.code)), SHOWN, layer_class__in=classes, valid_until__isnull=True
    )
    return rows


def _number_classes(values: Sequence[float | None]) -> dict[str, Any]:
    numbers = [float(value) for value in values if value is not None]
    return {
        "scale": "number",
        "breaks": {
            "quantile": quantile_breaks(numbers),
            "equal": equal_breaks(numbers),
            "natural": natural_breaks(numbers),
        },
    }


def _word_classes(values: Sequence[str | None], words: Mapping[str, Text]) -> dict[str, Any]:
    """Categories by frequency, the rare ones gathered; values become their places in that list."""
    counts = Counter(value for value in values if value is not None)
    common = [value for value, _count in counts.most_common(MOST_CATEGORIES)]
    rest = sum(counts.values()) - sum(counts[value] for value in common)
    categories = [{"label": str(words.get(value, value)), "count": counts[value]} for value in common]
    if rest:
        categories.append({"label": _("others"), "count": rest})
    place = {value: number for number, value in enumerate(common)}
    indexes = [None if value is None else place.get(value, len(common)) for value in values]
    return {"scale": "words", "categories": categories, "values": indexes}
