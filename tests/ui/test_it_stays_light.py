"""Public pages reach a phone on a weak connection: at most 60 kB with styles and pictures, and no script needed."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.cast import OWN, Cast
from tests.folders import ROOT

BUDGET_BYTES = 60_000
TEMPLATES = sorted((ROOT / "src" / "xiaoyuan").glob("*/templates/**/*.html"))


def linked(page: str) -> set[str]:
    """Return the style sheets of a page and the pictures they name, as static names."""
    sheets = set(re.findall(r'rel="stylesheet" href="/static/([^"]+)"', page))
    pictures = {
        f"{Path(sheet).parent}/{name}"
        for sheet in sheets
        for name in re.findall(r'url\("([^"]+)"\)', Path(str(finders.find(sheet))).read_text())
    }
    return sheets | pictures | set(re.findall(r'rel="icon" href="/static/([^"]+)"', page))


@pytest.mark.parametrize("address", ["/", "/?q=双堰", f"/v/{OWN}/", "/accounts/login/", "/nowhere/"])
def test_a_public_page_is_light(cast: Cast, client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    files = linked(page)
    assert "ui/tokens.css" in files
    weight = len(page.encode()) + sum(Path(str(finders.find(name))).stat().st_size for name in files)
    assert weight <= BUDGET_BYTES
    assert "<script" not in page


def test_a_resident_page_is_light(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["zhang"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/me/").content.decode()
    assert "<script" not in page
    assert (
        len(page.encode()) + sum(Path(str(finders.find(name))).stat().st_size for name in linked(page))
        <= BUDGET_BYTES
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_script(template: Path) -> None:
    """The content security policy would refuse it, silently for whoever tests without a browser."""
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert "javascript:" not in text
