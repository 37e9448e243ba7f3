"""The import contracts hold, and each of them would notice what it forbids."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import SOURCE
from tests.folders import ROOT


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--no-cache",
        "--config",
        str(ROOT / "pyproject.toml"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    done = lint(SOURCE.parent)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("vault/actions.py", "import xiaoyuan.register.models", "A row imports only rows below it"),
        ("figures/queries.py", "import xiaoyuan.intake", "A row imports only rows below it"),
        ("lib/text.py", "import django", "Pure packages know no Django"),
        ("register/models/__init__.py", "import xiaoyuan.register.actions", "Inside a package"),
        ("parlour/__init__.py", "", "xiaoyuan.parlour"),
    ],
)
def test_each_contract_can_break(tmp_path: Path, module: str, line: str, contract: str) -> None:
    ignored = shutil.ignore_patterns("static", "templates", "locale", "__pycache__")
    copied = shutil.copytree(SOURCE, tmp_path / "xiaoyuan", ignore=ignored) / module
    if module.startswith("register"):
        copied.parent.with_name("actions.py").touch()
    copied.parent.mkdir(exist_ok=True)
    before = copied.read_text(encoding="utf-8") if copied.exists() else ""
    copied.write_text(f"{before}\n{line}\n", encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode != 0
    assert contract in done.stdout.replace("\n", " ")
