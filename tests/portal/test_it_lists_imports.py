"""Imports as staff look back at them: verdicts, messages of rows, nothing of other villages."""

import pytest
from django.test import Client

from tests.cast import Cast
from xiaoyuan.intake.models import StagedRow, Verdict


@pytest.fixture
def clerk(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_list_shows_the_own_village_only(cast: Cast, clerk: Client) -> None:
    page = clerk.get("/console/imports/")
    assert [batch.pk for batch in page.context["page"]] == [cast.own.batch.pk]


def test_an_import_shows_its_rows(cast: Cast, clerk: Client) -> None:
    page = clerk.get(f"/console/imports/{cast.own.batch.pk}/")
    assert len(page.context["rows"]) == 6
    assert "places-520502103003.geojson" in page.content.decode()


def test_rows_that_need_somebody_come_first(cast: Cast, clerk: Client) -> None:
    StagedRow.objects.create(
        county_id=cast.own.batch.county_id,
        batch=cast.own.batch,
        sheet="户籍",
        row_number=1077,
        verdict=Verdict.ERROR,
        messages=["身份证号校验位不对。", {"text": "出生日期与身份证号不符。"}],
    )
    page = clerk.get(f"/console/imports/{cast.own.batch.pk}/")
    text = page.content.decode()
    assert [view.row.row_number for view in page.context["rows"]] == [1077]
    assert "第 1077 行" in text
    assert "身份证号校验位不对。" in text
    assert "出生日期与身份证号不符。" in text
    others = clerk.get(f"/console/imports/{cast.own.batch.pk}/", {"verdict": "new"})
    assert len(others.context["rows"]) == 6
