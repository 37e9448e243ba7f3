"""The one entry to the sample town: from a seed to the files that the demo imports like anyone's files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from xiaoyuan.sample.courtyards import Courtyard, Site, lay_out
from xiaoyuan.sample.earthworks import shaped_ground
from xiaoyuan.sample.entities import write_entities
from xiaoyuan.sample.fields import Ground, Parcel, parcels
from xiaoyuan.sample.files import write_places, write_terrain
from xiaoyuan.sample.hamlets import Hamlet, hamlets
from xiaoyuan.sample.houses import Building, buildings_of
from xiaoyuan.sample.land import contracted
from xiaoyuan.sample.lanes import grow_lanes, trimmed
from xiaoyuan.sample.ledger import write_ledger
from xiaoyuan.sample.observations import VillageFacts, write_observations
from xiaoyuan.sample.outlines import Outlines, outlines
from xiaoyuan.sample.people import FEWEST_PEOPLE, MOST_PEOPLE, Household, Identities, households
from xiaoyuan.sample.roads import Road, town_roads
from xiaoyuan.sample.streams import streams
from xiaoyuan.sample.terrain import Terrain, natural_terrain
from xiaoyuan.sample.town import BY_CODE, DENSE, DETAILED, DISPERSED
from xiaoyuan.sample.water import POND, Water, waters

DEFAULT_SEED = 20260101
LEDGER_NAMES = {DENSE: "户籍台账-双堰社区.xlsx", DISPERSED: "户籍台账-螺蛳村.xlsx"}
COURTYARDS = {DENSE: 400, DISPERSED: 384}


@dataclass(frozen=True)
class VillageCounts:
    """What the files hold of one detailed village."""

    code: str
    name: str
    courtyards: int
    buildings: int
    parcels: int
    households: int
    people: int
    residents: int


@dataclass(frozen=True)
class SampleReport:
    """The files written and how much is in each, for whoever compares them with what was imported."""

    places: Path
    terrain: Path
    ledgers: dict[str, Path]
    entities_file: Path
    observations_file: Path
    villages: dict[str, VillageCounts]
    divisions: int
    roads: int
    waters: int
    entities: int
    observations: int

    @property
    def files(self) -> tuple[Path, ...]:
        """All files written."""
        return (self.places, self.terrain, *self.ledgers.values(), self.entities_file, self.observations_file)


@dataclass(frozen=True)
class _Built:
    """One detailed village, complete."""

    lots: list[Courtyard]
    buildings: list[Building]
    lanes: list[Road]
    parcels: list[Parcel]
    households: list[Household]


def generate(out: Path, *, seed: int = DEFAULT_SEED) -> SampleReport:
    """Write the sample town's files under `out` (created if missing); the same seed gives the same content.

    Raises ValueError with a sentence when a seed's landscape leaves no room for what a village needs.
    """
    out.mkdir(parents=True, exist_ok=True)

    def rng(stage: int) -> np.random.Generator:
        return np.random.default_rng([seed, stage])

    courses = streams(rng(1))
    terrain = natural_terrain(courses, rng(2))
    shapes = outlines(terrain, rng(3))
    sites = hamlets(terrain, shapes, rng(4))
    roads = town_roads(terrain, courses, shapes, [(site.name, site.point_m) for site in sites], rng(5)).roads
    bodies = waters(terrain, courses, shapes, roads, rng(6))
    identities = Identities()
    built = {
        code: _village(code, terrain, shapes, sites, roads, bodies, identities, (seed, 100 * (number + 1)))
        for number, code in enumerate(DETAILED)
    }
    all_roads = [*roads, *(lane for village in built.values() for lane in village.lanes)]
    lots = [lot for village in built.values() for lot in village.lots]
    fields = [parcel for village in built.values() for parcel in village.parcels]
    grid, ground = shaped_ground(
        terrain, courses, bodies, all_roads, [lot.shape for lot in lots], fields, rng(7)
    )
    write_terrain(out / "terrain.tif", grid, ground)
    houses = [building for village in built.values() for building in village.buildings]
    write_places(out / "places.gpkg", shapes, all_roads, bodies, lots, houses, fields)
    ledgers, counts, facts = {}, {}, {}
    for number, (code, village) in enumerate(built.items()):
        path = ledgers[code] = out / LEDGER_NAMES[code]
        write_ledger(path, code, village.households, village.parcels, village.buildings, rng(8 + number))
        counts[code] = _counts(code, village)
        groups = len({lot.group for lot in village.lots})
        facts[code] = VillageFacts(
            len(village.households), groups, shapes.villages[code].area, village.parcels
        )
    entities = write_entities(out / "经营主体.xlsx", rng(20))
    observations = write_observations(out / "观测.xlsx", facts, rng(21))
    return SampleReport(
        out / "places.gpkg", out / "terrain.tif", ledgers, out / "经营主体.xlsx", out / "观测.xlsx", counts,
        1 + len(shapes.villages), len(all_roads), len(bodies), entities, observations,
    )  # fmt: skip


def _village(
    code: str,
    terrain: Terrain,
    shapes: Outlines,
    sites: list[Hamlet],
    roads: list[Road],
    bodies: list[Water],
    identities: Identities,
    seed: tuple[int, int],
) -> _Built:
    """Lanes, courtyards, houses, fields and families of one village, each from what stands before it."""

    def rng(stage: int) -> np.random.Generator:
        return np.random.default_rng([seed[0], seed[1] + stage])

    outline = shapes.villages[code]
    groups = [site for site in sites if site.village_code == code]
    water = shapely.union_all([body.shape for body in bodies if body.shape.intersects(outline)])
    lanes = grow_lanes(terrain, groups, roads, outline.buffer(-15.0).difference(water.buffer(12.0)), rng(1))
    lots = lay_out(
        code,
        groups,
        [*roads, *lanes],
        Site(terrain, outline, [*roads, *lanes], water),
        COURTYARDS[code],
        rng(2),
    )
    lanes = trimmed(lanes, [lot.shape for lot in lots])
    buildings = _coded(
        code, [building for lot in lots for building in buildings_of(lot, rng(3_000 + int(lot.code[-4:])))]
    )
    carriageways = [
        road.line.buffer(road.width_m / 2, cap_style="flat")
        for road in (*roads, *lanes)
        if road.line.intersects(outline)
    ]
    flowing = [body.shape for body in bodies if body.kind != POND and body.shape.intersects(outline)]
    ponds = [body.shape for body in bodies if body.kind == POND and body.shape.within(outline)]
    ground = Ground(
        code,
        outline,
        carriageways,
        [lot.shape for lot in lots],
        shapely.union_all(flowing).intersection(outline.buffer(20.0)),
        ponds,
    )
    land = parcels(terrain, ground, (seed[0], seed[1] + 4))
    families = _families(lots, identities, seed)
    return _Built(lots, buildings, lanes, contracted(land, families, rng(6)), families)


def _coded(code: str, buildings: list[Building]) -> list[Building]:
    return [
        replace(building, code=f"{code}J{number:04d}") for number, building in enumerate(buildings, start=1)
    ]


def _families(lots: list[Courtyard], identities: Identities, seed: tuple[int, int]) -> list[Household]:
    """Families whose number of people lies in the range wanted; a few draws are tried, always the same ones."""
    for attempt in range(20):
        trial = identities.copy()
        families = households(lots, trial, np.random.default_rng([seed[0], seed[1] + 50 + attempt]))
        if FEWEST_PEOPLE <= sum(len(family.persons) for family in families) <= MOST_PEOPLE:
            identities.take_over(trial)
            return families
    raise ValueError(
        f"{BY_CODE[lots[0].village_code].name} cannot be peopled as wanted; choose another seed."
    )


def _counts(code: str, village: _Built) -> VillageCounts:
    persons = [person for household in village.households for person in household.persons]
    return VillageCounts(
        code, BY_CODE[code].name, len(village.lots), len(village.buildings), len(village.parcels),
        len(village.households), len(persons), sum(person.is_resident for person in persons),
    )  # fmt: skip
