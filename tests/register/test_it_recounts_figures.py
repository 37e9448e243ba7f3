"""The command that counts all figures afresh says what disagreed, and then nothing does."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import translation

from tests.register.map_files import TOWN, make_divisions, run, surveyed_town
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.register.counters import BUILDINGS

pytestmark = pytest.mark.django_db


def recount(*arguments: str) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("rebuild_figures", *arguments, stdout=out)
    return out.getvalue()


def test_it_finds_and_corrects_what_was_counted_wrong(tmp_path: Path) -> None:
    make_divisions()
    run(surveyed_town(tmp_path / "places.gpkg"), TOWN)
    assert "0 cells disagreed" in recount()
    FigureCell.objects.filter(figure=BUILDINGS, dimension="dwelling").update(delta=7)
    assert "0 cells disagreed" in recount("--county", "520503")
    assert "1 cells disagreed" in recount("--county", "520502")
    assert "0 cells disagreed" in recount()
