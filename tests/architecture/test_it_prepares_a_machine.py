"""`tests/prepare.sh` says plainly what cannot be run when something is missing and apt may not install it."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.folders import ROOT

TOOLS = ("bash", "id", "ls", "grep", "env", "python3", "fc-list", "msgfmt", "java", "apt-cache")


def prepare(path: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path}
    command = [shutil.which("bash") or "bash", str(ROOT / "tests" / "prepare.sh")]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def machine_without(folder: Path, *missing: str) -> str:
    """Return a PATH that offers the tools prepare.sh uses, without apt-get and without some of them."""
    for tool in {*TOOLS, "chromium"} - set(missing):
        if found := shutil.which(tool):
            (folder / tool).symlink_to(found)
    return str(folder)


def test_it_names_what_is_lost_and_what_to_install(tmp_path: Path) -> None:
    done = prepare(machine_without(tmp_path, "chromium", "msgfmt"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "prepare: these cannot be run here:",
        "  - all browser tests (install chromium)",
        "  - whether the translations are complete (install gettext)",
    ]


def test_it_is_silent_when_nothing_is_missing(tmp_path: Path) -> None:
    done = prepare(machine_without(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
