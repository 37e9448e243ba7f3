"""The documents name what exists: packages, settings, make targets, decisions, and no file that is gone."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.repository import SOURCE, files_ending, name, packages
from tests.folders import ROOT

TOUR = ROOT / "docs" / "tour.md"
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def settings_read(text: str) -> set[str]:
    """Names of the settings that a module reads through `Environment` (any receiver whose name ends in env)."""
    readers = {"text", "integer", "flag", "words"}
    return {
        f"XIAOYUAN_{node.args[0].value}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in readers
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id.endswith("env")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def settings() -> set[str]:
    return settings_read((SOURCE / "config" / "settings.py").read_text(encoding="utf-8")) | {
        "XIAOYUAN_DATA_DIR"
    }


def make_targets() -> set[str]:
    """Ask make itself which targets a person may type."""
    command = ["make", "--dry-run", "--print-data-base", "--question", "help"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    phony = re.search(r"^\.PHONY: (.+)$", printed, re.MULTILINE)
    assert phony, "the Makefile declares no target as .PHONY"
    return set(phony[1].split())


def test_the_tour_names_every_package() -> None:
    text = TOUR.read_text(encoding="utf-8")
    assert packages()
    assert not [package for package in packages() if f"(../src/xiaoyuan/{package})" not in text]


def test_the_tour_names_every_make_target() -> None:
    text = TOUR.read_text(encoding="utf-8")
    assert {"demo", "check", "test", "proof"} <= make_targets()
    assert not [target for target in make_targets() if f"`make {target}`" not in text]


def test_every_make_target_for_people_has_a_comment() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    parts_of_check = {"lint", "types", "contracts", "migrations", "viewer-check"}
    commented = set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE))
    assert make_targets() - parts_of_check == commented


@pytest.mark.parametrize("document", ["tour.md", "settings.md"])
def test_every_setting_is_named(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    assert len(settings()) > 10
    assert not sorted(setting for setting in settings() if f"`{setting}`" not in text)


@pytest.mark.parametrize("document", ["tour.md", "settings.md"])
def test_no_setting_is_named_that_nobody_reads(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    assert not set(re.findall(r"`(XIAOYUAN_\w+)`", text)) - settings()


def test_a_setting_would_be_noticed() -> None:
    assert settings_read('x = _env.text("NEW", "")\ny = other.get("OLD")') == {"XIAOYUAN_NEW"}


def broken_links(document: Path) -> list[str]:
    """Links of a document to files that do not exist."""
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    local = [target for target in targets if not re.match(r"[a-z]+:|#", target)]
    return [target for target in local if not (document.parent / target.split("#")[0]).exists()]


@pytest.mark.parametrize("document", files_ending(".md"), ids=name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    assert not broken_links(document)


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("[here](page.md) [gone](gone.md#part) [web](https://example.org) [down](#part)")
    assert broken_links(document) == ["gone.md#part"]


def test_every_decision_stands_in_the_index_with_its_status() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert pages
    assert len({page.name[:4] for page in pages}) == len(pages), "two decisions have the same number"
    for page in pages:
        text = page.read_text(encoding="utf-8")
        status = re.search(r"^Status: (proposed|accepted|replaced by \d{4})$", text, re.MULTILINE)
        assert status, f"{page.name} has no status"
        assert re.search(rf"\[{page.name[:4]}\]\({re.escape(page.name)}\) \|.*\| {status[1]} \|", index), (
            page.name
        )
        assert text.startswith(f"# {page.name[:4]} ")


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    names = set(re.findall("`([^`]+)`", text))
    words = {
        word
        for path in files_ending(".py")
        if SOURCE in path.parents
        for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
    }
    assert len(names) > 40
    assert not sorted(names - words)
