"""Tests of the pipeline import into an orchard."""

from typing import Any

import pytest

from tests.intake.batches import offer
from tests.intake.workbooks import Orchard


@pytest.fixture
def orchard(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Orchard:
    """An orchard whose ledger the engines know."""
    planted = Orchard()
    offer(settings, monkeypatch, planted.kind(is_personal=True))
    return planted
