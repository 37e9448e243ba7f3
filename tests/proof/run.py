"""Runs the whole proof in a temporary deployment and prints its table: `python -m tests.proof.run`.

Each part goes on when another failed, so that one table shows everything; the exit status is 0 only when every row
holds and every part ran to its end.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.folders import real_data_folder
from tests.proof import divisions, liechtenstein, mamre, plates, sample_town, walk
from tests.proof.report import Row, table
from tests.proof.stage import Deployment

Part = tuple[str, Callable[[], Iterator[Row]]]


def collect(parts: list[Part]) -> list[Row]:
    """Run parts one after the other; one that breaks off leaves a row that does not hold."""
    rows: list[Row] = []
    for name, prove in parts:
        sys.stderr.write(f"proof: {name} …\n")
        try:
            rows.extend(prove())
        except Exception as error:
            rows.append(Row(name, "ran to its end", True, f"{type(error).__name__}: {error}"))
    return rows


def main() -> int:
    """Run all parts; return the exit status."""
    started = time.monotonic()
    real_data = real_data_folder()
    with tempfile.TemporaryDirectory(prefix="xiaoyuan-proof-") as folder:
        stage = Deployment(Path(folder))
        stage.command("migrate")
        rows = collect(
            [
                (divisions.NAME, lambda: divisions.prove(stage, real_data)),
                (mamre.NAME, lambda: mamre.prove(stage, real_data)),
                (liechtenstein.NAME, lambda: liechtenstein.prove(stage, real_data)),
                (sample_town.NAME, lambda: sample_town.prove(stage, real_data)),
            ]
        )
        rows += collect([("serving", lambda: served(stage))])
    print(table(rows))
    failed = sum(not row.holds for row in rows)
    print(f"\n{len(rows) - failed} passed, {failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed or not rows else 0


def served(stage: Deployment) -> Iterator[Row]:
    """Everything that needs a running server."""
    with stage.serving():
        yield from collect(
            [
                (sample_town.NAME, lambda: sample_town.prove_served(stage)),
                (plates.NAME, lambda: plates.prove(stage)),
                (walk.NAME, lambda: walk.prove(stage)),
            ]
        )


if __name__ == "__main__":
    sys.exit(main())
