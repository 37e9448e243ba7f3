"""`remove-sample` takes every sample row, secret, plate and sign-in out, and leaves real rows alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from pytest_django import Settings

from tests.cast import OWN, Cast, cast
from xiaoyuan.accounts.actions import create_user
from xiaoyuan.accounts.models import User
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.config.sample_town import remove_sample
from xiaoyuan.figures.actions import rebuild
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.register.figures import FIGURES
from xiaoyuan.register.models import County, Courtyard, Division, Household
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.models import SavedView, Scene
from xiaoyuan.vault.actions import seal_blob
from xiaoyuan.vault.models import SubjectKey, VaultField

__all__ = ["cast"]
NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)


@pytest.fixture
def mixed(cast: Cast, settings: Settings, tmp_path: Path) -> County:
    """The cast's sample, its built scene, one real household and one real user."""
    settings.TWIN_DIR = tmp_path
    build_twin(division=Division.objects.get(code=OWN), actor=SYSTEM, now=NOW)
    county = County.objects.get(code="520502")
    Household.objects.create(
        county=county, division_code=OWN, household_no="real", created_at=NOW, updated_at=NOW
    )
    for is_sample in (True, False):
        SavedView.objects.create(
            county_id=county.pk,
            division_code=OWN,
            name="view",
            view="",
            is_sample=is_sample,
            created_at=NOW,
            updated_at=NOW,
        )
    create_user(username="real", password="x", display_name="", actor=SYSTEM, now=NOW)
    return county


def left() -> dict[str, int]:
    """Count sample rows by table, over every table that can hold one."""
    counts = {}
    for model in apps.get_models():
        if any(field.name == "is_sample" for field in model._meta.get_fields()):
            rows: models.QuerySet[models.Model] = model._base_manager.filter(is_sample=True)
            if rows.exists():
                counts[model._meta.label] = rows.count()
    return counts


def test_nothing_of_the_sample_is_left(mixed: County, tmp_path: Path) -> None:
    assert len(left()) >= 8
    sealed = [*ImportBatch.objects.values_list("subject", flat=True)]
    seal_blob(county_id=mixed.pk, subject=sealed[0], name="staged", content=b"row", now=NOW)
    counts = remove_sample(actor=SYSTEM, now=NOW)
    assert left() == {}
    assert VaultField.objects.count() == 0
    assert not SubjectKey.objects.filter(subject__in=sealed).exists()
    assert Scene.objects.count() == 0
    assert list(tmp_path.iterdir()) == []
    assert not County.objects.filter(shows_sample=True).exists()
    assert counts["users"] == 6


def test_real_rows_stay(mixed: County) -> None:
    remove_sample(actor=SYSTEM, now=NOW)
    assert [row.household_no for row in Household.objects.unscoped("test")] == ["real"]
    assert SavedView.objects.unscoped("test").count() == 1
    assert [user.username for user in User.objects.all()] == ["real"]


def test_figures_agree_afterwards(mixed: County) -> None:
    remove_sample(actor=SYSTEM, now=NOW)
    names = [figure.name for figure in FIGURES]
    counted = [delta for figure in FIGURES for delta in figure.count(mixed.pk)]
    wrong = rebuild(county_id=mixed.pk, day=NOW.date(), figures=names, counted=counted)
    # Only the real household, written past the actions above, was not counted yet.
    assert wrong == 1
    assert FigureCell.objects.filter(is_sample=True).count() == 0


def test_a_scene_of_the_sample_goes_even_where_real_places_stay(cast: Cast, mixed: County) -> None:
    row = cast.own.courtyard
    row.pk, row.cid, row.code, row.is_sample = None, mixed.next_cid, "real", False
    row.save(force_insert=True)
    remove_sample(actor=SYSTEM, now=NOW)
    assert Courtyard.objects.unscoped("test").count() == 1
    assert Scene.objects.count() == 0
