"""A ledger that still has the code a village bore before is read for the village as it is now, and says so."""

from datetime import date
from pathlib import Path

import pytest

from tests.intake.workbooks import CLERK
from tests.register.ledgers import HEADINGS, LATER, TOWN, VILLAGE, make_village, two_households
from tests.register.reconciling import row_of, staged
from xiaoyuan.intake.pipeline import apply_batch
from xiaoyuan.register.actions.division_changes import recode_division
from xiaoyuan.register.models import Household

pytestmark = pytest.mark.django_db
NEW = "520502103088"


def test_an_old_code_leads_to_the_village_of_today(tmp_path: Path) -> None:
    county = make_village()
    recode_division(code=VILLAGE, new_code=NEW, on=date(2025, 1, 1), actor=CLERK, now=LATER)
    rows = [row | {"区划代码": VILLAGE} for row in two_households()]
    batch = staged(tmp_path, rows, county, headings=(*HEADINGS, "区划代码"), division=TOWN, now=LATER)
    assert batch.counts == {"new": len(rows)}
    (message,) = row_of(batch, 3).messages
    assert message["column"] == "区划代码"
    assert NEW in message["text"]
    apply_batch(batch_id=batch.pk, actor=CLERK, now=LATER)
    codes = Household.objects.unscoped("a test looks").values_list("division_code", flat=True)
    assert set(codes) == {NEW}


def test_a_code_that_nobody_had_stays_an_error(tmp_path: Path) -> None:
    county = make_village()
    rows = [row | {"区划代码": "520502103077", "院落编号": None} for row in two_households()]
    batch = staged(tmp_path, rows, county, headings=(*HEADINGS, "区划代码"), division=TOWN)
    assert batch.counts == {"error": len(rows)}
