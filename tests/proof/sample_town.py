"""The sample town: its files as `xiaoyuan seed` wrote and imported them, counted apart from the register."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.proof import counts, screen_figures
from tests.proof.report import Row, at_least
from tests.proof.scenes import Scene, judged
from tests.proof.stage import Deployment

NAME = "sample town"
TOWN = "520502103"
VILLAGES = {"520502103003": "双堰社区", "520502103209": "螺蛳村"}
LAYERS = {
    "院落": ("courtyard", "register_courtyard", 350),
    "建筑": ("building", "register_building", 400),
    "地块": ("parcel", "register_parcel", 800),
}
SMALLEST_POPULATION = 1200


def prove(stage: Deployment, real_data: Path) -> Iterator[Row]:
    """Seed the town; compare files, register and tiles."""
    run = stage.command("seed")
    files = stage.folder / "sample"
    places = files / "places.gpkg"
    yield Row(
        NAME,
        "villages with an outline",
        counts.geopackage_by(places, "区划", "区划代码").total() - 1,
        outlined(stage),
        run.seconds,
    )
    for layer, (noun, table, smallest) in LAYERS.items():
        by_village = counts.geopackage_by(places, layer, "区划代码")
        for code, name in VILLAGES.items():
            yield at_least(name, f"{noun}s in the file", smallest, by_village[code])
            yield Row(
                name, f"{noun}s in the register", by_village[code], stage.count(code, table, "is_sample")
            )
    yield Row(
        NAME, "roads", counts.geopackage(places)["道路"], stage.count(TOWN, "register_road", "is_sample")
    )
    for code, name in VILLAGES.items():
        ledger = counts.ledger(ledger_of(stage, name))
        yield at_least(name, "persons in the ledger", SMALLEST_POPULATION, ledger.persons)
        yield Row(
            name, "persons in the register", ledger.persons, stage.count(code, "register_person", "is_sample")
        )
        yield Row(
            name,
            "households in the register",
            ledger.households,
            stage.count(code, "register_household", "is_sample"),
        )
    entities = counts.table(files / "经营主体.xlsx", "名称")
    yield Row(
        NAME, "business entities", len(entities), stage.count(TOWN, "register_businessentity", "is_sample")
    )
    observations = counts.table(files / "观测.xlsx", "指标代码")
    yield Row(NAME, "observations", len(observations), stage.count(TOWN, "register_observation", "is_sample"))
    scene = Scene(stage, TOWN)
    for layer, (noun, _table, _smallest) in LAYERS.items():
        total = counts.geopackage(places)[layer]
        yield Row(NAME, f"{noun}s in the vector tiles", total, len(scene.features(noun)))
    yield from judged(scene, NAME, real_data)


def prove_served(stage: Deployment) -> Iterator[Row]:
    """Compare what the screen's interface says of each village with the ledgers."""
    town = stage.get_json(f"/api/v1/screen/{TOWN}")
    yield Row(NAME, "the screen says that it is a sample", True, town["is_sample"])
    children: dict[str, dict[str, Any]] = {child["code"]: child["figures"] for child in town["children"]}
    yield Row(NAME, "villages on the screen", 14, len(children))
    for code, name in VILLAGES.items():
        ledger = counts.ledger(ledger_of(stage, name))
        yield Row(name, "population on the town's screen", ledger.persons, children[code]["population"])
        yield Row(name, "households on the town's screen", ledger.households, children[code]["households"])
        for figure, page in (("table view", f"/screen/{code}/?view=table"), ("public page", f"/v/{code}/")):
            answer = stage.get(page)
            is_there = f">{ledger.persons:,}<" in answer.content.decode().replace("\n", "").replace(" ", "")
            yield Row(name, f"its {figure} shows the population", True, is_there, answer.seconds)
    names = {child["code"]: child["name"] for child in town["children"]}
    yield from screen_figures.prove(
        stage,
        [
            screen_figures.Village(
                code, VILLAGES.get(code, name), ledger_of(stage, VILLAGES[code]) if code in VILLAGES else None
            )
            for code, name in names.items()
        ],
        TOWN,
    )


def ledger_of(stage: Deployment, village: str) -> Path:
    """The workbook of a village's households."""
    return stage.folder / "sample" / f"户籍台账-{village}.xlsx"


def outlined(stage: Deployment) -> int:
    """How many villages of the town have an outline."""
    return stage.number(
        "SELECT count(*) FROM register_division WHERE code LIKE ? AND outline_wkb IS NOT NULL", f"{TOWN}___"
    )
