"""What the checks of the whole repository read: tracked and new files, never ignored ones."""

import subprocess
from functools import cache
from pathlib import Path

from tests.folders import ROOT

SOURCE = ROOT / "src" / "xiaoyuan"


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project, also one not committed yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for name in sorted(listed.split("\0")) if name and (path := ROOT / name).is_file())


def files_ending(*suffixes: str) -> list[Path]:
    """The files with one of these endings."""
    return [path for path in files() if path.suffix in suffixes]


def modules() -> list[Path]:
    """The Python modules of the package, migrations left out because Django writes them."""
    return [path for path in files_ending(".py") if SOURCE in path.parents and "migrations" not in path.parts]


def packages() -> list[str]:
    """The packages in src/xiaoyuan."""
    return sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


def name(path: Path) -> str:
    """A path as a person would write it."""
    return path.relative_to(ROOT).as_posix()
