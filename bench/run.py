"""Runs all measurements over a temporary deployment and prints one line each: `python -m bench.run`."""

import os
import subprocess
import sys
import tempfile
from typing import Final

PERSONS: Final = "48000"
LOADS: Final = (
    ("bench.loading", PERSONS, "csv"),
    ("bench.loading", PERSONS, "xlsx"),
    ("tests.postgresql", "run", "--", sys.executable, "-m", "bench.loading", PERSONS, "csv"),
)
SCANS: Final = (
    ("bench.scans",),
    ("tests.postgresql", "run", "--", sys.executable, "-m", "bench.scans"),
)


def main() -> None:
    """Prepare a database, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XIAOYUAN_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
        import django

        django.setup()
        from django.core.management import call_command

        from bench import engine, geometry, reading, searching, staging

        print("name, value, and how much better than two busy cores when this was written:", flush=True)
        call_command("migrate", verbosity=0)
        # Staging first: it says how much memory the process took.
        for part in (staging, geometry, reading, engine, searching):
            for measured in part.measure():
                print(measured.line(), flush=True)
    for command in (*LOADS, *SCANS):
        # A ledger beside the bare copying of the same rows; `python -m bench.loading 1200000 csv` for a whole county.
        subprocess.run([sys.executable, "-m", *command], check=True)


if __name__ == "__main__":
    main()
