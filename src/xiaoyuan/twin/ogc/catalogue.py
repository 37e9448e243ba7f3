"""The collections: which rows of which table anybody may take, with which public and opaque properties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import SHOWN, Building, Courtyard, Division, Parcel, Road, Water

_WHY: Final = "public layers only; the columns named here hold nothing of persons"


@dataclass(frozen=True)
class Collection:
    """A table as a collection. `properties` and `filters` map names to columns; filters compare whole values."""

    id: str
    title: str | Promise
    description: str | Promise
    model: type[Any]
    properties: Mapping[str, str]
    filters: Mapping[str, str] = field(default_factory=dict)
    shape: str = "wkb"
    integers: frozenset[str] = frozenset()

    def rows(self) -> "QuerySet[Any]":
        """Return every row that anybody may take, with its county's code as `home`."""
        if self.model is Division:
            divisions: QuerySet[Any] = Division.objects.filter(
                valid_until__isnull=True, outline_wkb__isnull=False
            )
            return divisions
        rows: QuerySet[Any] = self.model.objects.unscoped(_WHY).filter(
            SHOWN, layer_class=LayerClass.PUBLIC, valid_until__isnull=True, wkb__isnull=False
        )
        with_home: QuerySet[Any] = rows.annotate(home=F("county__code"))
        return with_home

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of an answer: key for paging, home and cid (or code twice) for the id, shape, properties."""
        home, number = ("code", "code") if self.model is Division else ("home", "cid")
        return ("pk", home, number, self.shape, *self.properties.values())

    def feature_id(self, home: str, number: Any) -> str:
        """Return the id of a feature: unique over counties, and the same for good."""
        return home if self.model is Division else f"{home}.{number}"

    def by_id(self, text: str) -> Q:
        """Return the condition that a feature's id stands for; one that no row meets for a malformed id."""
        if self.model is Division:
            return Q(code=text)
        home, _dot, number = text.partition(".")
        if not (number.isascii() and number.isdecimal()) or len(number) > 10:
            return Q(pk__in=[])
        return Q(county__code=home, cid=int(number))


COLLECTIONS: Final = {
    collection.id: collection
    for collection in (
        Collection(
            "divisions",
            _("Divisions"),
            _("Outlines of administrative divisions."),
            Division,
            {"code": "code", "name": "name", "level": "level"},
            {"level": "level"},
            shape="outline_wkb",
        ),
        Collection(
            "courtyards",
            _("Courtyards"),
            _("Courtyards, as outlines or as the points where somebody placed them."),
            Courtyard,
            {"cid": "cid", "division": "division_code"},
        ),
        Collection(
            "buildings",
            _("Buildings"),
            _("Footprints of buildings with storeys and height."),
            Building,
            {
                "cid": "cid",
                "division": "division_code",
                "storeys": "storeys",
                "height_m": "height_m",
                "use": "use",
                "built_year": "built_year",
            },
            {"storeys": "storeys", "use": "use"},
            integers=frozenset({"storeys"}),
        ),
        Collection(
            "parcels",
            _("Parcels"),
            _("Pieces of land with their use."),
            Parcel,
            {"cid": "cid", "division": "division_code", "use": "use", "crop": "crop", "area_m2": "area_m2"},
            {"use": "use", "crop": "crop"},
        ),
        Collection(
            "roads",
            _("Roads"),
            _("Roads as lines."),
            Road,
            {
                "cid": "cid",
                "division": "division_code",
                "name": "name",
                "class": "road_class",
                "width_m": "width_m",
                "length_m": "length_m",
            },
            {"class": "road_class", "name": "name"},
        ),
        Collection(
            "water",
            _("Water"),
            _("Rivers, streams, lakes and ponds, as lines or areas."),
            Water,
            {"cid": "cid", "division": "division_code", "name": "name", "kind": "kind"},
            {"kind": "kind", "name": "name"},
        ),
    )
}
