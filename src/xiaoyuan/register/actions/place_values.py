"""The attributes of places that somebody may state by hand, and what each may be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.errors import NotChangeable, RegisterError
from xiaoyuan.register.models import Building, Courtyard, Parcel, PlaceRow, Road

MODELS: Final[dict[str, type[PlaceRow]]] = {
    "courtyard": Courtyard,
    "building": Building,
    "parcel": Parcel,
    "road": Road,
}
"""Kinds of places that are drawn by hand."""
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "courtyard": ("name", "group", "layer_class"),
    "building": (
        *("name", "use", "storeys", "height_m", "roof", "structure", "built_year"),
        *("courtyard_id", "layer_class"),
    ),
    "parcel": ("code", "use", "crop", "area_mu", "household_no", "layer_class"),
    "road": ("name", "road_class", "width_m", "layer_class"),
}
NEW_FIELDS: Final[dict[str, tuple[str, ...]]] = {**FIELDS, "courtyard": ("code", *FIELDS["courtyard"])}
"""A courtyard's number is given once and stays."""
CLASSES: Final = (LayerClass.PUBLIC, LayerClass.INTERNAL)
"""Layer classes that an editor may give; restricted places are not drawn in the browser."""


@dataclass(frozen=True)
class Range:
    """The least and greatest value of a number; `is_whole`: no fractions."""

    least: float
    most: float
    is_whole: bool = False


RANGES: Final[dict[str, Range]] = {
    "storeys": Range(0, 200, is_whole=True),
    "height_m": Range(0, 900),
    "built_year": Range(1000, 2200, is_whole=True),
    "area_mu": Range(0, 10_000_000),
    "width_m": Range(0.1, 200),
}
LABELS: Final[dict[str, Any]] = {
    "code": gettext_lazy("number"),
    "name": gettext_lazy("name"),
    "group": gettext_lazy("villager group"),
    "use": gettext_lazy("use"),
    "storeys": gettext_lazy("storeys"),
    "height_m": gettext_lazy("height in metres"),
    "roof": gettext_lazy("roof"),
    "structure": gettext_lazy("structure"),
    "built_year": gettext_lazy("year built"),
    "courtyard_id": gettext_lazy("courtyard"),
    "crop": gettext_lazy("crop"),
    "area_mu": gettext_lazy("area in the ledger in mu"),
    "household_no": gettext_lazy("contracting household"),
    "road_class": gettext_lazy("class of the road"),
    "width_m": gettext_lazy("width in metres"),
    "layer_class": gettext_lazy("who may see it"),
}


class ValueUnfit(RegisterError):
    """A value that a field cannot take; `field` is its name."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = name


def checked(kind: str, values: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Return the values as the register keeps them; raises `NotChangeable`, `ValueUnfit`."""
    allowed = (NEW_FIELDS if is_new else FIELDS)[kind]
    unknown = next((name for name in values if name not in allowed), None)
    if unknown is not None:
        raise NotChangeable(unknown)
    return {name: _checked(MODELS[kind], name, value) for name, value in values.items()}


def _checked(model: type[PlaceRow], name: str, value: Any) -> Any:
    field: Any = model._meta.get_field(name)
    label = str(LABELS[name])
    if name == "courtyard_id":
        return value
    if name == "layer_class" and value not in CLASSES:
        raise ValueUnfit(name, _not_listed(label))
    if field.choices:
        if value not in dict(field.flatchoices):
            raise ValueUnfit(name, _not_listed(label))
        return value
    if name in RANGES:
        return _number(name, label, value)
    text = " ".join(str(value or "").split())
    if len(text) > field.max_length:
        raise ValueUnfit(
            name, _("%(field)s: at most %(most)d characters.") % {"field": label, "most": field.max_length}
        )
    return text


def _number(name: str, label: str, value: Any) -> Any:
    if value is None:
        return None
    allowed = RANGES[name]
    number = float(value)
    if not (math.isfinite(number) and allowed.least <= number <= allowed.most) or (
        allowed.is_whole and number != int(number)
    ):
        raise ValueUnfit(
            name,
            _("%(field)s: a number from %(least)s to %(most)s.")
            % {"field": label, "least": f"{allowed.least:g}", "most": f"{allowed.most:.0f}"},
        )
    if name == "area_mu":
        return Decimal(str(value)).quantize(Decimal("0.01"))
    return int(number) if allowed.is_whole else number


def _not_listed(label: str) -> str:
    return _("%(field)s: choose from the list.") % {"field": label}
