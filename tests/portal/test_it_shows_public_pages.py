"""Home and division pages: what anyone may know, nothing of a person, a fixed number of queries."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.cast import FAMILIES, HIDDEN, OWN, Cast, queries
from xiaoyuan.figures.models import FigureCell

NAMES = [name for family in FAMILIES for name in family]


def test_home_lists_towns_with_their_villages(cast: Cast, client: Client) -> None:
    page = client.get("/").content.decode()
    for text in ("朱昌镇", "岔河镇", "双河街道", "双堰社区", "螺蛳村", "样例"):
        assert text in page
    assert "贵州省 › 毕节市 › 七星关区" in page


def test_home_without_any_record_says_what_to_do(db: None, client: Client) -> None:
    page = client.get("/").content.decode()
    assert "还没有任何记录" in page
    assert "xiaoyuan init" in page


@pytest.mark.parametrize("text", ["双堰", "520502103003", "双堰社区居民委员会"])
def test_search_finds_a_village_and_shows_its_parents(cast: Cast, client: Client, text: str) -> None:
    page = client.get("/", {"q": text}).content.decode()
    assert f'href="/v/{OWN}/"' in page
    assert "贵州省 › 毕节市 › 七星关区 › 朱昌镇" in page


def test_search_without_a_hit_gives_advice(cast: Cast, client: Client) -> None:
    page = client.get("/", {"q": "<b>nowhere"}).content.decode()
    assert "没有名叫“&lt;b&gt;nowhere”的地方" in page


@pytest.mark.parametrize("address", ["/", f"/v/{OWN}/", "/v/520502103/", f"/screen/{OWN}/?view=table"])
def test_public_pages_hold_no_person(cast: Cast, client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    assert not [name for name in NAMES if name in page]
    assert "1900000" not in page
    assert "set-cookie" not in {name.lower() for name in client.get(address).headers}


def test_the_village_page_is_the_same_for_an_officer(cast: Cast, client: Client) -> None:
    before = client.get(f"/v/{OWN}/").content.decode().split("<main")[1]
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/v/{OWN}/").content.decode().split("<main")[1] == before


def test_small_counts_of_people_are_withheld_from_strangers(cast: Cast, client: Client) -> None:
    """Two households are fewer than five; three courtyards are no count of people."""
    page = client.get(f"/v/{OWN}/").content.decode()
    assert "不公布" in page or "not published" in page
    table = client.get(f"/screen/{OWN}/?view=table")
    values = {
        figure["id"]: figure["shown"] for panel in table.context["panels"] for figure in panel["figures"]
    }
    assert values["households"] == "—"
    assert values["persons_registered"] == "5"
    assert values["courtyards"] == "3"


def test_staff_see_the_small_counts_and_the_courtyards(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    table = client.get(f"/screen/{OWN}/?view=table")
    values = {
        figure["id"]: figure["shown"] for panel in table.context["panels"] for figure in panel["figures"]
    }
    assert values["households"] == "2"
    assert f"/console/courtyards/{cast.own.courtyard.pk}/" in table.content.decode()


@pytest.mark.parametrize("address", [f"/v/{OWN}/", f"/screen/{OWN}/?view=table"])
def test_staff_stay_signed_in_on_public_pages(cast: Cast, client: Client, address: str) -> None:
    assert "登录" in client.get(address).content.decode()
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(address).content.decode()
    assert "登录" not in page
    assert "退出" in page


def test_the_table_view_of_a_stranger_lists_no_courtyards(cast: Cast, client: Client) -> None:
    assert "/console/courtyards/" not in client.get(f"/screen/{OWN}/?view=table").content.decode()


def test_both_forms_of_a_code_lead_to_the_town(cast: Cast, client: Client) -> None:
    short, padded = client.get("/v/520502103/"), client.get("/v/520502103000/")
    assert short.status_code == padded.status_code == 200
    assert "双堰社区" in padded.content.decode()


@pytest.mark.parametrize("code", ["520502103999", "abc", "7777", "5205021030030", HIDDEN[:-1]])
def test_a_code_that_is_none_gives_the_plain_404(cast: Cast, client: Client, code: str) -> None:
    answer = client.get(f"/v/{code}/")
    assert answer.status_code == 404
    assert code not in answer.content.decode()


def test_the_screen_carries_its_first_answer(cast: Cast, client: Client) -> None:
    page = client.get(f"/screen/{OWN}/").content.decode()
    assert f'<div id="screen" data-code="{OWN}" data-api="/api/v1/" data-language="zh-hans">' in page
    assert '<script id="screen-data" type="application/json">' in page
    assert "/static/viewer/assets/screen-" in page


def test_home_asks_the_same_whatever_it_holds(
    cast: Cast, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries(6)):
        assert len(client.get("/").context["towns"]) == 3
    FigureCell.objects.exclude(division_code=OWN).delete()
    with django_assert_num_queries(queries(6)):
        assert len(client.get("/").context["towns"]) == 1
