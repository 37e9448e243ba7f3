"""Road plans through HTTP: computed, kept, shown by right, renamed, out of date, deleted, printed."""

import json
from typing import Any

import numpy as np
import pypdfium2
import pytest
import rasterio
import shapely
from django.conf import settings
from django.test import Client
from rasterio.transform import from_origin

from tests.cast import NOW, OWN, Cast
from tests.portal.console import signed_in, text_of
from xiaoyuan.audit.models import AuditEntry, ChangeEntry
from xiaoyuan.lib.units import mu_from_square_metres
from xiaoyuan.register.models import Building, Courtyard, Household, Parcel, TerrainModel
from xiaoyuan.register.spatial import shape_fields
from xiaoyuan.twin.models import RoadPlan

WEST, SOUTH = 105.27, 27.29
LINE = [[105.2880, 27.30015], [105.2930, 27.30015]]
"""A line of some 495 m through the three courtyards of the own village (105.29 to 105.2911)."""


@pytest.fixture
def ground(cast: Cast) -> TerrainModel:
    """An elevation model of a plane that rises 3 % to the east, around the own village."""
    folder = settings.DATA_DIR / "terrain"
    folder.mkdir(exist_ok=True)
    cell = 0.0001
    columns = np.arange(600)
    heights = np.broadcast_to(1000 + 0.03 * columns * cell * 98_980, (300, 600)).astype(np.float32)
    with rasterio.open(
        folder / "plane.tif", "w", driver="GTiff", width=600, height=300, count=1, dtype="float32",
        crs="EPSG:4490", transform=from_origin(WEST, SOUTH + 300 * cell, cell, cell),
    ) as raster:  # fmt: skip
        raster.write(heights, 1)
    return TerrainModel.objects.create(
        county_id=cast.own.courtyard.county_id, division_code=OWN, is_sample=True, name="a plane",
        file_name="plane.tif", sha256="0" * 64, crs="EPSG:4490", cell_m=10, min_lon=WEST, min_lat=SOUTH,
        max_lon=WEST + 0.06, max_lat=SOUTH + 0.03, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def post(client: Client, step: str, body: dict[str, Any]) -> Any:
    return client.post(
        f"/console/plans/{step}/", json.dumps(body), content_type="application/json",
        headers={"accept": "application/json"},
    )  # fmt: skip


def wish(**changes: Any) -> dict[str, Any]:
    return {"division": OWN, "line": LINE, "width_m": 6.0, "most_gradient_percent": 8.0} | changes


def kept(cast: Cast, who: str = "wang") -> RoadPlan:
    answer = post(signed_in(cast, who), "save", wish(name="村口到小学", note="试画"))
    assert answer.status_code == 201
    return RoadPlan.objects.unscoped("a test").get(pk=answer.json()["id"])  # type: ignore[no-any-return]  # untyped manager


def test_a_computed_road_tells_lengths_and_what_it_meets(cast: Cast, ground: TerrainModel) -> None:
    answer = post(signed_in(cast, "wang"), "compute", wish()).json()
    totals = answer["totals"]
    assert totals["plan_length_m"] == pytest.approx(495, rel=0.002)
    assert totals["steepest_percent"] == pytest.approx(3, abs=0.05)
    assert totals["over_m"] == 0
    yards = [place for place in answer["places"] if place["kind"] == "courtyard"]
    # Each courtyard is 0.0003 degrees wide: 29.7 m of a road 6 m wide.
    assert [yard["works_mu"] for yard in yards] == pytest.approx(
        [mu_from_square_metres(29.7 * 6)] * 3, rel=0.05
    )
    assert {place["kind"] for place in answer["places"]} == {"courtyard", "building"}
    assert not RoadPlan.objects.unscoped("a test").exists()


def test_a_parcel_counts_in_mu_by_its_use(cast: Cast, ground: TerrainModel) -> None:
    Parcel.objects.create(
        county_id=cast.own.courtyard.county_id, division_code=OWN, is_sample=True, cid=900, use="paddy", area_m2=1,
        created_at=NOW, updated_at=NOW, **shape_fields(shapely.box(105.2885, 27.29, 105.2895, 27.301)),
    )  # fmt: skip
    answer = post(signed_in(cast, "wang"), "compute", wish()).json()
    assert [use["mu"] for use in answer["uses"]] == pytest.approx(
        [mu_from_square_metres(98.98 * 6)], rel=0.03
    )


def test_households_are_named_to_those_who_may_see_them(cast: Cast, ground: TerrainModel) -> None:
    named = post(signed_in(cast, "wang"), "compute", wish()).json()["households"]
    assert "张伟" in [one["head_name"] for one in named["named"]]
    assert named["others"] == 0
    hidden = post(signed_in(cast, "operator"), "compute", wish()).json()["households"]
    # There are fewer than five: not even their number is said.
    assert hidden == {"named": [], "others": None}
    kept(cast)
    stored = json.dumps(RoadPlan.objects.unscoped("a test").get().result, ensure_ascii=False)
    assert "张伟" not in stored


def test_two_counts_do_not_tell_who_lives_in_one_courtyard(cast: Cast, ground: TerrainModel) -> None:
    operator = signed_in(cast, "operator")

    def others() -> int | None:
        found: int | None = post(operator, "compute", wish()).json()["households"]["others"]
        return found

    before = Household.objects.unscoped("a test").filter(courtyard__division_code=OWN).count()
    counts = []
    for number in range(12 - before):
        Household.objects.create(
            county_id=cast.own.courtyard.county_id, division_code=OWN, is_sample=True, household_no=f"9{number}",
            courtyard=cast.own.courtyard, created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        counts.append(others())
    assert counts == [None if n < 5 else n - n % 5 for n in range(before + 1, 13)]
    # That nobody lives in a house is not told either, but to those who may see people.
    Household.objects.unscoped("a test").update(courtyard=None)
    assert others() is None
    assert post(signed_in(cast, "wang"), "compute", wish()).json()["households"]["others"] == 0


def test_a_place_of_an_internal_layer_is_named_within_the_right_only(
    cast: Cast, ground: TerrainModel
) -> None:
    plan = kept(cast)
    Building.objects.unscoped("a test").update(layer_class="internal")
    client = signed_in(cast, "wang")
    page = text_of(client.get(f"/console/plans/{plan.pk}/"))
    assert "计算之后所经土地或房屋有变化" not in page  # the layer class alone is no edit of the row
    assert "部分地物不向您的角色显示" not in page
    foreign = Courtyard.objects.unscoped("a test").exclude(division_code=OWN).first()
    assert foreign is not None
    RoadPlan.objects.unscoped("a test").filter(pk=plan.pk).update(
        result=plan.result
        | {"crossed": [plan.result["crossed"][0] | {"kind": "courtyard", "id": foreign.pk, "name": "秘密"}]}
    )
    # What a plan was kept with says nothing of who may read the place today.
    Courtyard.objects.unscoped("a test").filter(pk=foreign.pk).update(layer_class="internal")
    page = text_of(client.get(f"/console/plans/{plan.pk}/"))
    assert "秘密" not in page
    assert "部分地物不向您的角色显示" in page
    assert "秘密" in text_of(signed_in(cast, "operator").get(f"/console/plans/{plan.pk}/"))
    Courtyard.objects.unscoped("a test").filter(pk=foreign.pk).update(layer_class="restricted")
    assert "秘密" not in text_of(signed_in(cast, "operator").get(f"/console/plans/{plan.pk}/"))


def test_a_kept_plan_is_listed_renamed_and_deleted(cast: Cast, ground: TerrainModel) -> None:
    client, plan = signed_in(cast, "wang"), kept(cast)
    assert "村口到小学" in text_of(client.get(f"/console/plans/?division={OWN}"))
    assert client.get(f"/console/plans/desk/?division={OWN}").json()["plans"][0]["id"] == plan.pk
    address = f"/console/plans/{plan.pk}/"
    assert (
        client.post(address + "rename/", {"row_version": "1", "name": "方案二", "note": ""}).status_code
        == 302
    )
    assert "方案二" in text_of(client.get(address))
    # Whoever saw the old name is told.
    assert client.post(address + "rename/", {"row_version": "1", "name": "方案三"}).status_code == 409
    assert client.post(address + "delete/", {"row_version": "2"}).status_code == 302
    assert client.get(address).status_code == 404
    actions = AuditEntry.objects.filter(object_kind="twin.roadplan").values_list("action", flat=True)
    assert list(actions.order_by("pk")) == [
        "twin.save_plan", "twin.rename_plan", "twin.rename_plan", "twin.delete_plan",
    ]  # fmt: skip
    assert ChangeEntry.objects.filter(object_kind="twin.roadplan", operation="delete").count() == 1


def test_a_plan_says_when_its_ground_or_land_changed(cast: Cast, ground: TerrainModel) -> None:
    client, plan = signed_in(cast, "wang"), kept(cast)
    address = f"/console/plans/{plan.pk}/"
    assert "重新计算" not in text_of(client.get(address))
    yard = cast.own.courtyard
    Courtyard.objects.unscoped("a test").filter(pk=yard.pk).update(row_version=yard.row_version + 1)
    assert "计算之后所经土地或房屋有变化" in text_of(client.get(address))
    assert client.post(address + "recompute/", {"row_version": "1"}).status_code == 302
    assert "重新计算" not in text_of(client.get(address))
    TerrainModel.objects.unscoped("a test").update(vertical_offset_m=2.0)
    page = text_of(client.get(address))
    assert "计算之后高程模型有变化" in page
    assert "重新计算" in page


def test_a_plan_of_another_village_is_out_of_sight(cast: Cast, ground: TerrainModel) -> None:
    plan = kept(cast, "chen")
    stranger = signed_in(cast, "li")
    assert stranger.get(f"/console/plans/{plan.pk}/").status_code == 200
    RoadPlan.objects.unscoped("a test").update(division_code=cast.places["sibling"].code)
    assert stranger.get(f"/console/plans/{plan.pk}/").status_code == 404
    assert stranger.get(f"/console/plans/{plan.pk}/plan.pdf").status_code == 404


@pytest.mark.parametrize("step", ["compute", "save", "flood"])
def test_another_village_is_as_unknown_as_none(cast: Cast, ground: TerrainModel, step: str) -> None:
    client = signed_in(cast, "wang")
    seed = {"lon": 105.2902, "lat": 27.3002, "rise_m": 1.0, "reach_m": 500, "name": "x"}
    foreign = post(client, step, wish(division=cast.places["other town"].code, **seed))
    unknown = post(client, step, wish(division="990001009009", **seed))
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert not RoadPlan.objects.unscoped("a test").exists()


def test_a_clerk_at_the_screen_of_the_town_keeps_the_plan_in_the_own_village(
    cast: Cast, ground: TerrainModel
) -> None:
    assert post(signed_in(cast, "wang"), "save", wish(division=OWN[:9], name="x")).status_code == 201
    assert RoadPlan.objects.unscoped("a test").get().division_code == OWN


def test_a_grid_worker_computes_and_keeps_nothing(cast: Cast, ground: TerrainModel) -> None:
    client = signed_in(cast, "li")
    assert post(client, "compute", wish()).status_code == 200
    assert post(client, "save", wish(name="x")).status_code == 403
    assert not client.get(f"/console/plans/desk/?division={OWN}").json()["may_save"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"line": [[105.29, 27.3]]}, "至少两个点"),
        ({"line": "x"}, "至少两个点"),
        ({"line": [[105.29, 27.3], [1e9, 27.3]]}, "经纬度"),
        ({"line": [[105.29, 27.3], [105.29001, 27.3]]}, "20 米到 30 公里"),
        ({"line": [[105.31, 27.3], [105.40, 27.3]]}, "超出高程模型"),
        ({"width_m": 0}, "1 到 40 米"),
        ({"most_gradient_percent": 90}, "0.5%"),
        ({"width_m": "wide"}, ""),
    ],
)
def test_a_useless_drawing_is_refused_with_a_sentence(
    cast: Cast, ground: TerrainModel, changes: dict[str, Any], sentence: str
) -> None:
    answer = post(signed_in(cast, "wang"), "compute", wish(**changes))
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["detail"]


def test_without_an_elevation_model_nothing_is_guessed(cast: Cast) -> None:
    answer = post(signed_in(cast, "wang"), "compute", wish())
    assert answer.status_code == 400
    assert "没有高程模型" in answer.json()["error"]["detail"]


def test_a_plan_needs_a_name(cast: Cast, ground: TerrainModel) -> None:
    assert post(signed_in(cast, "wang"), "save", wish(name="  ")).status_code == 400
    assert not RoadPlan.objects.unscoped("a test").exists()


def test_water_rises_over_the_low_end(cast: Cast, ground: TerrainModel) -> None:
    seed = {"division": OWN, "lon": 105.2902, "lat": 27.3002, "reach_m": 500}
    answer = post(signed_in(cast, "wang"), "flood", seed | {"rise_m": 1.0}).json()
    # West of the point all lies lower: 500 m and the 33 m up to which 3 % rise one metre.
    assert answer["area_mu"] == pytest.approx(mu_from_square_metres(1000 * 533), rel=0.03)
    assert answer["courtyards"] == 2
    assert answer["touches_edge"]
    refused = post(signed_in(cast, "wang"), "flood", seed | {"rise_m": 900})
    assert refused.status_code == 400


def test_a_plan_is_printed_with_its_sums_and_method(cast: Cast, ground: TerrainModel) -> None:
    plan = kept(cast)
    for who, is_named in (("wang", True), ("operator", False)):
        answer = signed_in(cast, who).get(f"/console/plans/{plan.pk}/plan.pdf")
        assert answer["Content-Type"] == "application/pdf"
        document = pypdfium2.PdfDocument(answer.content)
        text = "".join(page.get_textpage().get_text_range() for page in document)
        for wanted in ("村口到小学", "平面长度", "坡段", "K0+000", "平均断面法", "a plane", "样例"):
            assert wanted in text
        assert ("张伟" in text) == is_named
    lines = AuditEntry.objects.filter(action="twin.print_plan", object_id=plan.pk)
    assert [line.actor_label for line in lines.order_by("pk")] == ["村文书 王芳", "运维 周工"]
