"""What the register hands back: each kind of rows with its fields, read village by village."""

from typing import Final

from xiaoyuan.exports.sources import ExportSource
from xiaoyuan.register.exports.changes import CHANGES
from xiaoyuan.register.exports.livelihood import (
    CONTRACTED_PARCELS,
    CROPS,
    DWELLINGS,
    EMPLOYMENT,
    INCOME,
    LIVESTOCK,
    POLICY_TAGS,
)
from xiaoyuan.register.exports.origins import IMPORTED_FILES
from xiaoyuan.register.exports.people import FORMER_MEMBERS, PEOPLE
from xiaoyuan.register.exports.places import (
    BUILDINGS,
    BUSINESS_ENTITIES,
    COURTYARDS,
    DIVISIONS,
    OBSERVATIONS,
    PARCELS,
    ROADS,
    WATER,
)

SOURCES: Final[tuple[ExportSource, ...]] = (
    PEOPLE,
    DWELLINGS,
    CONTRACTED_PARCELS,
    CROPS,
    LIVESTOCK,
    EMPLOYMENT,
    INCOME,
    POLICY_TAGS,
    BUSINESS_ENTITIES,
    COURTYARDS,
    DIVISIONS,
    OBSERVATIONS,
    FORMER_MEMBERS,
    BUILDINGS,
    PARCELS,
    ROADS,
    WATER,
    IMPORTED_FILES,
    CHANGES,
)
