"""Ours beside the peers in one run: `python -m bench.peers.compare 10k 100k`; also kept in var/bench/peers.json."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.county import synthetic_county
from bench.peers import runner
from bench.peers.counting import Written, count_archive, count_folder, count_pool
from bench.peers.environment import FOLDER, peers_python
from bench.peers.inputs import LAYERS, write_blocks, write_layer
from bench.twin import number
from xiaoyuan.tiling.pool import FilePool

LARGEST: Final = {"py3dtiles": 10_000, "gdal": 100_000}
"""Above this a peer takes minutes: its row is worked out from the largest one that was measured, and says so."""
LARGEST_OF_OTHERS: Final = 100_000
VECTOR_PEERS: Final = ("tippecanoe", "tippecanoe, all", "freestiler", "gdal")
Row = dict[str, Any]


def main(sizes: list[str]) -> None:
    """Print a table for each kind of tile and keep the rows as JSON."""
    python = peers_python()
    rows: list[Row] = []
    for kind in ("blocks", *LAYERS):
        print(
            f"\n{kind:18}{'items':>10}{'CPU s':>9}{'wall s':>9}{'MB RSS':>8}{'MB':>8}{'tiles':>8}"
            f"{'items/CPU s':>13}{' x ours  ':>11}  features by zoom"
        )
        for size in sizes:
            rows += compare(kind, number(size), python, rows)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER.parent / "peers.json").write_text(json.dumps(rows, indent=1))


def compare(kind: str, count: int, python: Path, earlier: list[Row]) -> list[Row]:
    """Measure ours and each peer at one size, printing as they end."""
    rows: list[Row] = []
    peers = ("py3dtiles",) if kind == "blocks" else VECTOR_PEERS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "bench.peers.ours", kind, str(count), str(folder / "ours")]
        cost = _run(command)
        pool = FilePool(folder / "ours")
        index = cost.pop("index")
        rows.append(
            _row(kind, "ours", count, cost, count_pool(pool, index) if index else count_folder(pool.folder))
        )
        _show(rows[0], rows[0])
        measurable = [peer for peer in peers if count <= LARGEST.get(peer, LARGEST_OF_OTHERS)]
        source = folder / "input.fgb"
        if measurable:
            county = synthetic_county(count)
            if kind == "blocks":
                write_blocks(county, source)
            else:
                write_layer(county, kind, source)
        for peer in peers:
            if peer in measurable:
                target = folder / peer.replace(", ", "-")
                cost = _run([str(python), runner.__file__, peer, str(source), str(target)])
                rows.append(_row(kind, peer, count, cost, _written(target)))
            elif row := _extrapolated(kind, peer, count, earlier):
                rows.append(row)
            else:
                continue
            _show(rows[-1], rows[0])
    return rows


def _run(command: list[str]) -> Row:
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: Row = json.loads(done.stdout.splitlines()[-1])
    return found


def _written(target: Path) -> Written:
    if target.is_dir():
        return count_folder(target)
    return count_archive(next(target.parent.glob(f"{target.name}.*tiles")))


def _row(kind: str, who: str, count: int, cost: Row, written: Written) -> Row:
    return {"kind": kind, "who": who, "count": count, "is_measured": True, **cost, **vars(written)}


def _extrapolated(kind: str, peer: str, count: int, earlier: list[Row]) -> Row | None:
    """As many features a CPU second as at the largest size that was measured: kind to a peer that slows down."""
    known = [row for row in earlier if (row["kind"], row["who"]) == (kind, peer) and row["is_measured"]]
    if not known:
        return None
    largest = max(known, key=lambda row: int(row["count"]))
    seconds = largest["cpu_s"] * count / largest["count"]
    return {"kind": kind, "who": peer, "count": count, "is_measured": False, "cpu_s": seconds}


def _show(row: Row, ours: Row) -> None:
    count, cpu = row["count"], row["cpu_s"]
    ratio = "" if row is ours else f"{cpu / ours['cpu_s']:.1f} x"
    start = f"{row['who']:18}{count:10,}{cpu:9.2f}"
    if row["is_measured"]:
        zooms = " ".join(f"{zoom}:{features:,}" for zoom, features in row["features"].items())
        rest = f"{row['wall_s']:9.2f}{row['rss_mb']:8.0f}{row['bytes'] / 1e6:8.1f}{row['tiles']:8,}"
        print(f"{start}{rest}{count / cpu:13,.0f}{ratio:>11}  {zooms}", flush=True)
    else:
        print(f"{start}{'':33}{count / cpu:13,.0f}{ratio:>11}  extrapolated, not measured", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["10k", "100k"])
