"""The footer names the version, whether the package is installed or runs from its source tree."""

import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from django.test import Client

from tests.folders import ROOT
from xiaoyuan.ui import context


def test_the_footer_names_the_newest_version(db: None, client: Client) -> None:
    newest = re.search(r"## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text())
    assert newest is not None
    assert f"版本 {newest.group(1)}" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("text", "found"), [("## [1.2.3] - 2026\n\n## [1.2.2] - 2025\n", "1.2.3"), ("nothing", ""), (None, "")]
)
def test_a_source_tree_reads_its_change_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, found: str
) -> None:
    def not_installed(_name: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(context, "version", not_installed)
    if text is not None:
        (tmp_path / "CHANGELOG.md").write_text(text)
    assert context.read_version(tmp_path / "CHANGELOG.md") == found
