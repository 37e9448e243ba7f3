"""The `xiaoyuan` command: management commands under names with hyphens, and a help page of our own."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from django.core.management import execute_from_command_line

from xiaoyuan.config.environment import data_dir

COMMANDS: Final = (
    ("demo", "sample town, twin and a server on 127.0.0.1:8000"),
    ("init", "a real deployment: own division, first operator, no sample data"),
    ("add-user", "a sign-in with a role: clerk, officer, grid worker, resident, operator"),
    ("serve", "run the server"),
    ("migrate", "bring the database to this version"),
    ("import-divisions", "division lists"),
    ("add-local-division", "a division of one's own that no list holds"),
    ("import-places", "buildings, courtyards, parcels, roads, water and outlines from map files"),
    ("import-terrain", "an elevation model"),
    ("import-ledger", "households, business entities or observations from a workbook or a text file"),
    ("export-archive", "everything a division owns: GeoPackage, CSV, Parquet, dictionary"),
    ("import-incidents", "take over a 311-style list of incidents from another system"),
    ("give-program-key", "let a program report by Open311"),
    ("check-plates", "doorplates that contradict each other or their place"),
    ("issue-plates", "plan a doorplate for each courtyard that has none"),
    ("print-plates", "a sheet of doorplates as PDF"),
    ("build-twin", "the 3D scene of a division"),
    ("rebuild-figures", "count all figures afresh and report differences"),
    ("rebuild-search", "make the index of words afresh"),
    ("seed", "write and import the sample town without serving"),
    ("remove-sample", "take the sample rows out"),
    ("seal-audit", "chain the audit log"),
    ("run-jobs", "do the imports and exports that pages queued (serve does it too)"),
    ("verify-audit", "prove the audit log's chain"),
    ("check", "refuse an unsafe configuration"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; without one, print the list."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("help", "--help", "-h"):
        print("xiaoyuan COMMAND [options]   (xiaoyuan COMMAND --help explains one)\n")
        for name, text in COMMANDS:
            print(f"  {name:18} {text}")
        return
    if given[0] == "migrate":
        data_dir().mkdir(parents=True, exist_ok=True)  # SQLite makes the file, not its folder
    execute_from_command_line(["xiaoyuan", given[0].replace("-", "_"), *given[1:]])
