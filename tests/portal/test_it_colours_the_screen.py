"""Themes and live overlays of the screen: right values for those who may see them, nothing of people for others."""

from typing import Any

import orjson
import pytest
import shapely
from django.test import Client

from tests.cast import FAMILIES, OWN, SIBLING, Cast
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.lib.class_breaks import equal_breaks, natural_breaks, quantile_breaks
from xiaoyuan.register.choices import LayerClass, ResidenceKind
from xiaoyuan.register.models import Building, Courtyard, Division, Residence

TOWN = "520502103"
PEOPLE_THEMES = {"courtyard:residents", "courtyard:vacancy"}


def ask(client: Client, path: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"/api/v1/screen/{path}")
    assert answer.status_code == status, answer.content
    body: dict[str, Any] = orjson.loads(answer.content)
    return body


def theme_ids(client: Client, code: str) -> list[str]:
    return [theme["id"] for theme in ask(client, f"{code}/themes")["themes"]]


def yards(cast: Cast, code: str = OWN) -> list[Courtyard]:
    rows = Courtyard.objects.unscoped("a test").filter(division_code=code)
    return list(rows.order_by("cid"))


def test_a_stranger_is_offered_no_theme_of_people(cast: Cast, client: Client) -> None:
    offered = theme_ids(client, OWN)
    assert not PEOPLE_THEMES & set(offered)
    assert {"courtyard:group", "courtyard:buildings", "parcel:use", "building:storeys"} <= set(offered)
    for theme in PEOPLE_THEMES:
        ask(client, f"{OWN}/themes/{theme}", 404)


@pytest.mark.parametrize("username", ["wang", "li", "chen"])
def test_staff_are_offered_residents_of_their_villages(cast: Cast, client: Client, username: str) -> None:
    client.force_login(cast.users[username])
    assert set(theme_ids(client, OWN)) >= PEOPLE_THEMES
    answer = ask(client, f"{OWN}/themes/courtyard:residents")
    values = dict(zip(answer["keys"], answer["values"], strict=True))
    assert values == {yard.cid: 5 if yard.pk == cast.own.courtyard.pk else None for yard in yards(cast)}
    assert answer["county_id"] == cast.own.courtyard.county_id


def test_staff_of_one_village_see_no_residents_of_the_next(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    for code in (SIBLING, TOWN):
        assert not PEOPLE_THEMES & set(theme_ids(client, code))
        ask(client, f"{code}/themes/courtyard:residents", 404)


def test_villages_are_coloured_by_published_counts(cast: Cast, client: Client) -> None:
    answer = ask(client, f"{TOWN}/themes/division:persons_registered")
    assert dict(zip(answer["keys"], answer["values"], strict=True)) == {OWN: 5, SIBLING: 5}
    assert answer["breaks"]["quantile"] == [5, 5]
    withheld = ask(client, f"{TOWN}/themes/division:households")
    assert (withheld["values"], withheld["withheld"]) == ([None, None], 2)
    client.force_login(cast.users["wang"])
    seen = ask(client, f"{TOWN}/themes/division:households")
    assert dict(zip(seen["keys"], seen["values"], strict=True)) == {OWN: 2, SIBLING: None}


def test_a_density_without_an_area_is_not_made_up(cast: Cast, client: Client) -> None:
    assert ask(client, f"{TOWN}/themes/division:density")["values"] == [None, None]
    square = shapely.box(105.29, 27.30, 105.30, 27.31)
    Division.objects.filter(code=OWN).update(outline_wkb=shapely.to_wkb(square))
    answer = ask(client, f"{TOWN}/themes/division:density")
    # 0.01 degrees each way at 27.3 degrees north: 0.9898 km by 1.1079 km.
    assert dict(zip(answer["keys"], answer["values"], strict=True)) == {OWN: 4.6, SIBLING: None}


def test_a_county_colours_all_its_villages(cast: Cast, client: Client) -> None:
    keys = ask(client, "520502/themes/division:courtyards")["keys"]
    assert {OWN, SIBLING} < set(keys)
    assert all(len(key) == 12 for key in keys)


def test_buildings_are_coloured_through_their_courtyard(cast: Cast, client: Client) -> None:
    answer = ask(client, f"{OWN}/themes/courtyard:group")
    assert answer["categories"] == [{"label": "一组", "count": 3}]
    houses, linked = answer["buildings"]
    assert set(linked) == {yard.cid for yard in yards(cast)}
    rows = Building.objects.unscoped("a test").filter(division_code=OWN)
    assert set(houses) == set(rows.values_list("cid", flat=True))


def test_words_are_labels_not_codes(cast: Cast, client: Client) -> None:
    answer = ask(client, f"{OWN}/themes/building:use")
    assert answer["categories"] == [{"label": "住宅", "count": 3}]
    assert answer["values"] == [0, 0, 0]


def test_internal_places_are_for_staff(cast: Cast, client: Client) -> None:
    first = yards(cast)[0]
    Courtyard.objects.unscoped("a test").filter(pk=first.pk).update(layer_class=LayerClass.INTERNAL)
    answer = ask(client, f"{OWN}/themes/courtyard:group")
    # Nor is it told through the public house that stands in it.
    assert first.cid not in {*answer["keys"], *answer["buildings"][1]}
    client.force_login(cast.users["li"])
    assert first.cid in ask(client, f"{OWN}/themes/courtyard:group")["keys"]


def test_overlays_are_offered_by_permission(cast: Cast, client: Client) -> None:
    assert ask(client, f"{OWN}/overlays") == {"overlays": []}
    ask(client, f"{OWN}/overlays/plates_missing", 404)
    client.force_login(cast.users["operator"])
    assert [one["id"] for one in ask(client, f"{OWN}/overlays")["overlays"]] == ["plates_missing"]
    ask(client, f"{OWN}/overlays/vacant_houses", 404)
    client.force_login(cast.users["wang"])
    offered = {one["id"]: one["count"] for one in ask(client, f"{OWN}/overlays")["overlays"]}
    assert offered == {"vacant_houses": 0, "plates_missing": 3, "incidents_open": 0}
    assert ask(client, f"{SIBLING}/overlays") == {"overlays": []}


def test_a_plate_that_hangs_is_missing_no_more(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    first = client.get(f"/api/v1/screen/{OWN}/overlays/plates_missing")
    tag = first.headers["ETag"]
    again = client.get(f"/api/v1/screen/{OWN}/overlays/plates_missing", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    Doorplate.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).update(state="installed")
    changed = client.get(f"/api/v1/screen/{OWN}/overlays/plates_missing", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    cids = [cid for _county, cid, _lon, _lat in orjson.loads(changed.content)["places"]]
    assert cids == [yard.cid for yard in yards(cast) if yard.pk != cast.own.courtyard.pk]


def test_a_house_is_vacant_when_nobody_lives_there(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    lived_in = Residence.objects.unscoped("a test").filter(
        courtyard=cast.own.courtyard, kind=ResidenceKind.ACTUAL
    )
    assert lived_in.count() == 5
    lived_in.update(until="2025-01-01")
    answer = ask(client, f"{OWN}/overlays/vacant_houses")
    assert [place[1] for place in answer["places"]] == [cast.own.courtyard.cid]
    theme = ask(client, f"{OWN}/themes/courtyard:vacancy")
    assert [line["label"] for line in theme["categories"]] == ["空置"]


def test_above_townships_overlays_are_counted_not_drawn(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["operator"])
    answer = ask(client, "520502/overlays/plates_missing")
    assert answer["places"] == []
    assert answer["divisions"] == {"520502102": 3, "520502103": 6}


def test_no_answer_names_a_person(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    paths = [f"{OWN}/themes/{theme}" for theme in theme_ids(client, OWN)]
    paths += [f"{OWN}/overlays/vacant_houses", f"{OWN}/overlays/plates_missing", f"{OWN}/views"]
    for path in paths:
        body = client.get(f"/api/v1/screen/{path}").content.decode()
        assert not [name for family in FAMILIES for name in family if name in body], path


def test_breaks_cut_where_they_say() -> None:
    values = [1.0, 2, 3, 4, 100, 101, 102, 1000, 1001, 5000, 9000, 9001]
    assert equal_breaks([0, 10]) == [0, 2, 4, 6, 8, 10]
    assert natural_breaks(values) == [1, 100, 1000, 5000, 9000, 9001]
    assert quantile_breaks(list(range(11))) == [0, 2, 4, 6, 8, 10]
    for cut in (equal_breaks, natural_breaks, quantile_breaks):
        assert cut([]) == []
        assert cut([7.0, 7.0]) == [7, 7]
    assert quantile_breaks([3, 1]) == natural_breaks([1, 3, 1]) == [1, 3, 3]
    for cut in (equal_breaks, natural_breaks, quantile_breaks):
        limits = cut([float(number % 977) for number in range(5000)])
        assert limits == sorted(set(limits))
        assert (limits[0], limits[-1], len(limits)) == (0, 976, 6)


def test_the_table_view_shows_the_theme_as_rows(cast: Cast, client: Client) -> None:
    plain = client.get(f"/screen/{OWN}/?view=table").content.decode()
    assert 'value="building:storeys"' in plain
    assert "courtyard:residents" not in plain
    page = client.get(f"/screen/{OWN}/?view=table&theme=building:storeys").content.decode()
    assert '<th scope="row">2</th><td class="amount">3</td>' in page
    assert client.get(f"/screen/{OWN}/?view=table&theme=courtyard:residents").status_code == 404
    villages = client.get(f"/screen/{TOWN}/?view=table&theme=division:persons_registered").content.decode()
    assert (
        f'<a href="/screen/{OWN}/?view=table">双堰社区居民委员会</a></th><td class="amount">5</td>'
        in villages
    )
    withheld = client.get(f"/screen/{TOWN}/?view=table&theme=division:households").content.decode()
    assert "2 项人数不足 5，不公布" in withheld
