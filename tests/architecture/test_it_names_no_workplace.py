"""No file names a package registry or a folder of one machine: the project must build anywhere."""

import re

import pytest

from tests.architecture.repository import files, name
from tests.folders import ROOT

TEXTLESS = {".png", ".jpg", ".webp", ".ico", ".gz", ".xz", ".zip", ".tif", ".pdf", ".woff2", ".xlsx"}
# Spelled apart so that this file does not find itself.
REGISTRY = re.compile(
    r"https?://[^\s\"']*(pypi\.|files\.python" + r"hosted|registry\.npm|npmmirror|tuna\.tsinghua|mirrors\.)"
    r"|\"resolved\": *\"https?://|--(extra-)?index" + r"-url|--find" + r"-links|^registry *=",
    re.MULTILINE,
)
MACHINE = re.compile(
    r"(?<![\w.~-])/(wor" + r"k|ho" + r"me|ro" + r"ot|Use" + r"rs|fa" + r"rm)/\w|[A-Z]:\\\\Users"
)


def findings(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in files():
        if path.suffix in TEXTLESS:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name(path)}: {hit[0]!r}" for hit in pattern.finditer(text)]
    return found


def test_no_registry_is_written_down() -> None:
    assert not findings(REGISTRY)


def test_no_folder_of_one_machine_is_written_down() -> None:
    assert not findings(MACHINE)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (REGISTRY, "--extra-index" + "-url https://mirror.example.org"),
        (REGISTRY, '"resolved' + '": "https://example.org/a.tgz"'),
        (REGISTRY, "see https://registry." + "npmjs.org/a"),
        (MACHINE, "cd /ho" + "me/zhang/xiaoyuan"),
        (MACHINE, "(/wor" + "k/data)"),
    ],
)
def test_each_would_be_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_addresses_and_web_paths_are_left_alone() -> None:
    assert not MACHINE.search("https://example.org/home/page and net/work/x and .ci/work/")
    assert not REGISTRY.search("https://docs.djangoproject.com/en/5.2/")


def test_every_locked_package_has_a_hash() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        packages = re.split(r"\n(?=\w)", lock.read_text(encoding="utf-8").strip())
        without = [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package]
        assert packages
        assert not without, f"{name(lock)}: {without}"
