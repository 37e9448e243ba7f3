"""The build hook rebuilds when a source changed, keeps the old bundle when a step fails, and needs no system Node."""

import json
import sys
from pathlib import Path

import pytest

import hatch_build
from tests.folders import ROOT

FAKE_BUNDLER = """
import pathlib, sys
out = pathlib.Path("dist"); out.mkdir(exist_ok=True)
(out / "screen.js").write_text(pathlib.Path("src/screen.ts").read_text())
"""


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A viewer whose compiler and bundler are small Python scripts, run by this Python in place of node."""
    folder = tmp_path / "viewer"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "screen.ts").write_text("first")
    (folder / "package-lock.json").write_text("{}")
    for name, text in {"typescript/bin/tsc": "", "vite/bin/vite.js": FAKE_BUNDLER}.items():
        script = folder / "node_modules" / name
        script.parent.mkdir(parents=True)
        script.write_text(text)
    for name in hatch_build.SOURCES:
        if not (folder / name).exists():
            (folder / name).write_text("")
    monkeypatch.setattr(hatch_build, "node_command", lambda: (sys.executable, "", {}))
    monkeypatch.setattr(hatch_build, "install_packages", lambda *_arguments: None)
    return folder


def test_it_builds_once_and_again_only_after_a_change(viewer: Path, tmp_path: Path) -> None:
    output = tmp_path / "static" / "viewer"
    assert hatch_build.build(viewer, output)
    assert (output / "screen.js").read_text() == "first"
    assert not hatch_build.build(viewer, output)

    (viewer / "src" / "screen.ts").write_text("second")
    assert hatch_build.build(viewer, output)
    assert (output / "screen.js").read_text() == "second"


def test_a_renamed_or_added_file_counts_as_a_change(viewer: Path, tmp_path: Path) -> None:
    output = tmp_path / "viewer-out"
    hatch_build.build(viewer, output)
    (viewer / "src" / "more.ts").write_text("")
    assert not hatch_build.is_fresh(viewer, output)
    (viewer / "src" / "more.ts").rename(viewer / "src" / "other.ts")
    changed = hatch_build.source_hash(viewer)
    (viewer / "src" / "other.ts").unlink()
    assert hatch_build.source_hash(viewer) != changed
    assert hatch_build.is_fresh(viewer, output)


def test_a_failed_step_says_which_and_keeps_the_old_bundle(viewer: Path, tmp_path: Path) -> None:
    output = tmp_path / "viewer-out"
    hatch_build.build(viewer, output)
    (viewer / "src" / "screen.ts").write_text("broken")
    compiler = viewer / "node_modules" / "typescript" / "bin" / "tsc"
    compiler.write_text("print('screen.ts(1,1): error TS1005')\nraise SystemExit(2)")
    with pytest.raises(
        hatch_build.ViewerBuildError, match=r"(?s)'checking types' failed with code 2.*TS1005"
    ):
        hatch_build.build(viewer, output)
    assert (output / "screen.js").read_text() == "first"
    assert not hatch_build.is_fresh(viewer, output)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "viewer" / "package-lock.json").read_text())
    named = [name for name, package in lock["packages"].items() if "resolved" in package]
    assert named == []
    assert len(lock["packages"]) > 20


def test_node_comes_from_the_wheel() -> None:
    node, npm, environment = hatch_build.node_command()
    assert Path(node).is_file()
    assert Path(npm).is_file()
    assert environment["PATH"].startswith(str(Path(node).parent))
