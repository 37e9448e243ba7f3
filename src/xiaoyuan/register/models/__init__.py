"""Tables of the register, one module a noun."""

from xiaoyuan.register.models.base import SHOWN, County, GeometryRow, PlaceRow, ScopedRow
from xiaoyuan.register.models.divisions import Division, DivisionSuccession, Grid
from xiaoyuan.register.models.economy import BusinessEntity, Observation
from xiaoyuan.register.models.livelihood import (
    ContractedParcel,
    CropRecord,
    Dwelling,
    Employment,
    IncomeRecord,
    LivestockRecord,
)
from xiaoyuan.register.models.people import (
    DistinctPersons,
    Household,
    Membership,
    Person,
    PolicyTag,
    Residence,
)
from xiaoyuan.register.models.places import (
    Building,
    Courtyard,
    Parcel,
    PlaceChange,
    Road,
    Room,
    StandardAddress,
    TerrainModel,
    Water,
)

__all__ = [
    "SHOWN",
    "Building",
    "BusinessEntity",
    "ContractedParcel",
    "County",
    "Courtyard",
    "CropRecord",
    "DistinctPersons",
    "Division",
    "DivisionSuccession",
    "Dwelling",
    "Employment",
    "GeometryRow",
    "Grid",
    "Household",
    "IncomeRecord",
    "LivestockRecord",
    "Membership",
    "Observation",
    "Parcel",
    "Person",
    "PlaceChange",
    "PlaceRow",
    "PolicyTag",
    "Residence",
    "Road",
    "Room",
    "ScopedRow",
    "StandardAddress",
    "TerrainModel",
    "Water",
]
