"""A county's places in a real register: the scene built whole, then single edits published into it.

`python -m bench.editing 1000000` fills a new SQLite register with an invented county (buildings, as many parcels, half
as many courtyards, roads), builds its scene and edits single places; every figure is of the register's own commands.
"""

import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

EDITS: Final = 20
NOW: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
COUNTY, VILLAGE = "990001", "990001001001"


def fill(count: int) -> None:
    """Put the invented county into the register: one village holds everything, under its county."""
    import numpy as np
    import shapely

    from bench.county import synthetic_county
    from xiaoyuan.register.models import Building, County, Courtyard, Division, Parcel, Road
    from xiaoyuan.store.inserting import insert_rows

    made = synthetic_county(count)
    parent = None
    for code, level in (("99", "province"), ("9900", "city"), (COUNTY, "county"), ("990001001", "township")):
        parent = Division.objects.create(code=code, name=level, level=level, parent=parent, origin="local")
    Division.objects.create(code=VILLAGE, name="village", level="village", parent=parent, origin="local")
    county = County.objects.create(code=COUNTY, name="bench", next_cid=4 * count + 10)
    shared = ("county_id", "division_code", "created_at", "updated_at", "cid")
    places = ("wkb", "min_lon", "min_lat", "max_lon", "max_lat")

    def insert(model: Any, first: int, shapes: Any, columns: tuple[str, ...], *values: Any) -> None:
        boxes = shapely.bounds(shapes).tolist()
        wkbs = shapely.to_wkb(shapes).tolist()
        insert_rows(
            model,
            (*shared, *places, *columns),
            (
                (county.pk, VILLAGE, NOW, NOW, first + at, wkb, *box, *rest)
                for at, (wkb, box, *rest) in enumerate(zip(wkbs, boxes, *values, strict=True))
            ),
        )

    heights = [None if np.isnan(height) else height for height in made.height_m]
    insert(
        Building,
        1,
        made.footprints,
        ("storeys", "height_m", "roof"),
        made.storeys.tolist(),
        heights,
        made.roof.tolist(),
    )
    amount = len(made.parcels)
    insert(Parcel, count + 1, made.parcels, ("use", "area_m2"), ["paddy"] * amount, [600.0] * amount)
    amount = len(made.courtyards)
    codes = [f"C{number}" for number in range(amount)]
    insert(Courtyard, 2 * count + 1, made.courtyards, ("code",), codes)
    amount = len(made.roads)
    insert(Road, 3 * count + 1, made.roads, ("length_m",), [100.0] * amount)


def build() -> None:
    """Build the county's scene and say what it cost."""
    from xiaoyuan.audit.actors import SYSTEM
    from xiaoyuan.register.models import Division
    from xiaoyuan.twin.actions import build_twin

    def step(name: str) -> None:
        print(f"    {name:12} from {time.process_time() - cpu:6.1f} CPU-s")

    wall, cpu = time.perf_counter(), time.process_time()
    build_twin(division=Division.objects.get(code=COUNTY), actor=SYSTEM, now=NOW, progress=step)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  whole build {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} CPU-s, {peak:.0f} MB"
    )


def edits(kind: str, change: Callable[[Any], None]) -> None:
    """Change single places of a kind and publish each; print milliseconds by part."""
    from xiaoyuan.audit.actors import SYSTEM
    from xiaoyuan.register.actions.place_changes import KINDS, PlaceChanges, standing
    from xiaoyuan.twin import actions

    model = KINDS[kind]
    rows = model.objects.unscoped("a measurement")
    ids = random.Random(7).sample(list(rows.values_list("pk", flat=True)[: 10 * EDITS]), EDITS)
    parts: dict[str, list[float]] = {"3D": [], "tiles": [], "all": []}

    def timed(name: str, function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                parts[name].append((time.perf_counter() - started) * 1000)

        return call

    real = actions.rebuild_scene_buildings, actions.rebuild_scene_vectors
    actions.rebuild_scene_buildings, actions.rebuild_scene_vectors = (
        timed("3D", real[0]),
        timed("tiles", real[1]),
    )
    for number, pk in enumerate(ids):
        row = rows.get(pk=pk)
        changes, was = PlaceChanges(), standing(row)
        change(row)
        row.save()
        changes.add(kind, was, standing(row))
        changes.write(county_id=row.county_id, revision_id=None, at=NOW)
        now = NOW + timedelta(minutes=number + 1, seconds=hash(kind) % 60)
        timed("all", actions.publish_changes)(county_id=row.county_id, actor=SYSTEM, now=now)
    actions.rebuild_scene_buildings, actions.rebuild_scene_vectors = real
    said = ", ".join(f"{name} {statistics.median(values):.1f}" for name, values in parts.items() if values)
    print(f"  {EDITS} edits of a {kind}, median ms: {said}; slowest {max(parts['all']):.0f}")


def _higher(row: Any) -> None:
    row.storeys = (row.storeys or 1) % 6 + 1


def _moved(row: Any) -> None:
    import shapely

    from xiaoyuan.register.spatial import shape_fields

    shape = shapely.affinity.translate(shapely.from_wkb(bytes(row.wkb)), 0.00001, 0.00001)
    for name, value in shape_fields(shape).items():
        setattr(row, name, value)


def main() -> None:
    """Measure a county of so many buildings."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="xiaoyuan-bench-") as folder:
        os.environ["XIAOYUAN_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        started = time.perf_counter()
        fill(count)
        print(f"{count:,} buildings in the register after {time.perf_counter() - started:.0f} s")
        build()
        size = sum(path.stat().st_size for path in Path(folder, "twin").rglob("*") if path.is_file())
        print(f"  files {size / 1e6:.0f} MB")
        edits("building", _higher)
        edits("building", _moved)
        edits("courtyard", _moved)
        edits("parcel", _moved)
        edits("road", _moved)
        if "--verify" in sys.argv:
            call_command("build_twin", COUNTY, "--verify")


if __name__ == "__main__":
    main()
