"""Names of the register's counters and their dimensions, shared by actions (deltas) and figures (fresh counts)."""

from functools import lru_cache
from typing import Final

COURTYARDS: Final = "courtyards"
BUILDINGS: Final = "buildings"
PARCELS: Final = "parcels"
PARCEL_AREA: Final = "parcel_area_m2"
ROAD_LENGTH: Final = "road_length_m"
HOUSEHOLDS: Final = "households"
PERSONS_REGISTERED: Final = "persons_registered"
PERSONS_RESIDENT: Final = "persons_resident"
PERSONS_WORKING_AWAY: Final = "persons_working_away"
STUDENTS: Final = "students"
TAGGED_PERSONS: Final = "tagged_persons"
DWELLINGS: Final = "dwellings"
BUSINESS_ENTITIES: Final = "business_entities"
BUSINESS_WORKERS: Final = "business_workers"
BUSINESS_OUTPUT: Final = "business_output_fen"


@lru_cache(maxsize=4096)
def person_dimension(sex: str, birth_year: int | None) -> str:
    """Return the dimension of a person: sex and birth year, so that age bands are cut when read."""
    return f"{sex}:{birth_year or ''}"
