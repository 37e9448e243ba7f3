"""Scans a second of the plate's page and JSON beside a bare page of the same server: `python -m bench.scans`.

Needs `wrk` (Debian package). 16 clients, 2,000 different plates, two server processes as `serve` starts them, on
whichever engine the settings name. Goals: page 0.15 and JSON 0.35 of the bare page, 99 of 100 within 100 ms.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLIENTS: Final = 16
PLATES: Final = 2000
SECONDS: Final = 8
PARTS: Final = (
    ("bare page, no Django", "/bare?", 0.0),
    ("bare page", "/hello?", 0.0),
    ("plate's JSON", "/api/v1/plates/", 0.35),
    ("plate's page", "/d/", 0.15),
)


@dataclass(frozen=True)
class Load:
    """What one run of the load tool saw."""

    requests: int
    rate: float
    p50_ms: float
    p99_ms: float
    errors: int


def main() -> None:
    """Make plates, serve, measure, print."""
    if shutil.which("wrk") is None:
        sys.exit("bench.scans needs wrk: apt install wrk")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XIAOYUAN_DATA_DIR"] = folder
        os.environ["XIAOYUAN_BEHIND_PROXY"] = "1"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
        tokens = Path(folder) / "tokens.txt"
        vendor = _prepare(tokens)
        with _served() as address:
            _report(vendor, tokens, address)


def _prepare(tokens: Path) -> str:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from tests.doorplates.conftest import open_token
    from tests.doorplates.village import NOW, VILLAGE, make_village
    from xiaoyuan.audit.actors import SYSTEM
    from xiaoyuan.doorplates.actions import issue_plates
    from xiaoyuan.doorplates.models import Doorplate
    from xiaoyuan.register.models import County

    call_command("migrate", verbosity=0)
    if County.objects.exists():
        sys.exit("bench.scans writes plates of its own: give it an empty database.")
    make_village(PLATES)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    plates = Doorplate.objects.unscoped("a measurement").order_by("code")
    tokens.write_text("\n".join(open_token(plate) for plate in plates))
    vendor = connection.vendor
    connections.close_all()
    return vendor


@contextmanager
def _served() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "2", "--blocking-threads", "1", "--log-level", "error"),
        "bench.scan_server:application",
    )
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _attempt in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _load(address: str, prefix: str, tokens: Path, seconds: int) -> Load:
    script = Path(__file__).with_suffix(".lua")
    command = ("wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(script), address)
    seen = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TOKENS": str(tokens), "PREFIX": prefix},
    ).stdout
    result = next(line for line in seen.splitlines() if line.startswith("RESULT")).split()[1:]
    requests, micros, errors = int(result[0]), int(result[1]), int(result[4])
    return Load(requests, requests / micros * 1e6, float(result[2]), float(result[3]), errors)


def _report(vendor: str, tokens: Path, address: str) -> None:
    bare = 0.0
    for name, prefix, goal in PARTS:
        _load(address, prefix, tokens, 3)
        load = _load(address, prefix, tokens, SECONDS)
        if prefix == "/hello?":
            bare = load.rate
        share = f"{load.rate / bare:.2f} of the bare page (goal {goal})" if goal else ""
        print(
            f"scan: {name} {vendor:24} {load.rate:10,.0f} scans/s  p50 {load.p50_ms:6.1f} ms  "
            f"p99 {load.p99_ms:6.1f} ms  {load.errors} errors  {share}",
            flush=True,
        )


if __name__ == "__main__":
    main()
