"""Measures the builders of the twin on the invented county, each in its own process: `python -m bench.twin 10k`."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PARTS: Final = ("buildings", "vectors", "terrain", "terrarium")
FOLDER: Final = Path("var/bench")
Figures = dict[str, float]


def main(sizes: list[str]) -> None:
    """Print a line for each part and size, and keep the figures as JSON."""
    results: list[dict[str, object]] = []
    print(
        f"{'part':12}{'county':>9}{'items':>10}{'CPU s':>9}{'wall s':>9}{'MB RSS':>8}{'MB':>8}{'items/CPU s':>13}"
    )
    for size in sizes:
        for part in PARTS:
            command = [sys.executable, "-m", "bench.twin", "--part", part, size]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found: Figures = json.loads(done.stdout.splitlines()[-1])
            results.append({"part": part, "county": size, **found})
            print(
                f"{part:12}{size:>9}{found['items']:10,.0f}{found['cpu_s']:9.2f}{found['wall_s']:9.2f}"
                f"{found['rss_mb']:8.0f}{found['bytes'] / 1e6:8.1f}{found['items'] / found['cpu_s']:13,.0f}",
                flush=True,
            )
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "twin.json").write_text(json.dumps(results, indent=1))


def measure(part: str, count: int) -> Figures:
    """Build one part; making the county is not counted. `items` are features, for terrain tiles."""
    from bench.county import synthetic_county, write_hills
    from xiaoyuan.tiling import (
        BuildingSet,
        Terrain,
        VectorLayer,
        build_buildings,
        build_terrain,
        build_terrarium,
        build_vectors,
    )
    from xiaoyuan.tiling.pool import FilePool

    county = synthetic_county(count)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        dem = write_hills(out / "hills.tif")
        shapes = county.footprints if part == "buildings" else county.parcels
        with measured() as cost:
            if part == "buildings":
                columns = county.height_m, county.storeys, county.roof, county.structure
                buildings = BuildingSet(county.cid, shapes, *columns)
                built = build_buildings(buildings, Terrain.from_geotiff(dem), FilePool(out / "pool"))
                items, written = built.built, built.bytes_written
            elif part == "vectors":
                layer = VectorLayer("parcel", 10, county.cid, shapes)
                vectors = build_vectors([layer], FilePool(out / "pool"), max_zoom=14)
                items, written = count, vectors.bytes_written
            else:
                build = build_terrain if part == "terrain" else build_terrarium
                tiles = build(Terrain.from_geotiff(dem), county.bounds, out / part)
                items, written = tiles.tiles, tiles.bytes_written
    return {"items": items, **cost, "bytes": written}


@contextmanager
def measured() -> Iterator[Figures]:
    """CPU seconds, wall seconds and peak of memory of what is done inside; known when it has ended."""
    # From here on the peak of memory is the builder's: making the model took more than a small county does.
    Path("/proc/self/clear_refs").write_text("5")
    started, cpu = time.perf_counter(), _cpu_s()
    cost: Figures = {}
    yield cost
    cost |= {"cpu_s": _cpu_s() - cpu, "wall_s": time.perf_counter() - started, "rss_mb": _peak_mb()}


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_mb() -> float:
    """Peak of this process; ru_maxrss would start with that of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def number(size: str) -> int:
    """Read a size such as 10k or 1M."""
    return int(float(size.lower().replace("k", "e3").replace("m", "e6")))


if __name__ == "__main__":
    if sys.argv[1] == "--part":
        print(json.dumps(measure(sys.argv[2], number(sys.argv[3]))))
    else:
        main(sys.argv[1:])
