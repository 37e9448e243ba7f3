"""OGC API: programs that are not ours read the public layers, and find nothing of persons."""

import gzip
import json
import subprocess
import sys
from typing import Any
from urllib.parse import urlencode

import mapbox_vector_tile
import pytest
import shapely
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from tests.twin.conftest import NOW, VILLAGE
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.models import Building, Courtyard, Division, Parcel
from xiaoyuan.register.spatial import shape_fields
from xiaoyuan.tiling import tiles_touching
from xiaoyuan.twin.actions import build_twin

pytestmark = pytest.mark.django_db
EPSG_4490 = "http://www.opengis.net/def/crs/EPSG/0/4490"
ITEMS = "/ogc/collections/{}/items"


@pytest.fixture
def places(hamlet: Division) -> Division:
    """The hamlet with an outline."""
    outline = shape_fields(shapely.box(105.29, 27.29, 105.32, 27.31))
    Division.objects.filter(code=VILLAGE).update(outline_wkb=outline.pop("wkb"), **outline)
    return hamlet


def get(client: Client, address: str, **parameters: str) -> Any:
    answer = client.get(f"{address}?{urlencode(parameters)}" if parameters else address)
    assert answer.status_code == 200, answer.content
    return answer.json()


def all_pages(client: Client, name: str, **parameters: str) -> list[dict[str, Any]]:
    page = get(client, ITEMS.format(name), **parameters)
    found: list[dict[str, Any]] = page["features"]
    while following := [one["href"] for one in page["links"] if one["rel"] == "next"]:
        page = client.get(following[0]).json()
        found += page["features"]
    return found


def test_every_page_together_is_every_public_row_once(places: Division, client: Client) -> None:
    found = all_pages(client, "buildings", limit="7")
    public = Building.objects.unscoped("test").filter(layer_class="public")
    assert [feature["properties"]["cid"] for feature in found] == list(
        public.order_by("pk").values_list("cid", flat=True)
    )
    assert len({feature["id"] for feature in found}) == 29


def test_internal_closed_and_shapeless_rows_are_not_there(places: Division, client: Client) -> None:
    Building.objects.unscoped("test").filter(cid=3).update(valid_until=NOW.date())
    Courtyard.objects.unscoped("test").filter(code="C9").update(
        wkb=None, min_lon=None, min_lat=None, max_lon=None, max_lat=None
    )
    assert {2, 3}.isdisjoint(f["properties"]["cid"] for f in all_pages(client, "buildings"))
    assert len(all_pages(client, "courtyards")) == 9
    for cid in (2, 3):
        assert client.get(f"{ITEMS.format('buildings')}/990001.{cid}").status_code == 404


def test_a_box_keeps_what_meets_it_in_either_axis_order(places: Division, client: Client) -> None:
    west, south, east, north = 105.2999, 27.2999, 105.30015, 27.3004
    box = shapely.box(west, south, east, north)
    shapes = shapely.from_wkb(
        [bytes(wkb) for wkb in Courtyard.objects.unscoped("test").values_list("wkb", flat=True)]
    )
    wanted = int(shapely.intersects(shapes, box).sum())
    assert wanted == 1
    found = all_pages(client, "courtyards", bbox=f"{west},{south},{east},{north}")
    turned = all_pages(
        client,
        "courtyards",
        bbox=f"{south},{west},{north},{east}",
        **{"bbox-crs": EPSG_4490, "crs": EPSG_4490},
    )
    assert [f["id"] for f in found] == [f["id"] for f in turned]
    assert len(found) == wanted
    first, second = (f["geometry"]["coordinates"][0][0] for f in (found[0], turned[0]))
    assert first == second[::-1]


def test_a_box_meets_shapes_not_their_bounds(places: Division, client: Client) -> None:
    # The hole of the parcel: inside its bounds, outside its shape.
    assert Parcel.objects.unscoped("test").count() == 1
    assert all_pages(client, "parcels", bbox="105.3022,27.3032,105.3028,27.3038") == []
    assert len(all_pages(client, "parcels", bbox="105.3001,27.3021,105.3003,27.3023")) == 1


def test_a_box_may_cross_the_date_line(places: Division, client: Client) -> None:
    assert all_pages(client, "courtyards", bbox="170,27,-170,28") == []
    assert len(all_pages(client, "courtyards", bbox="105,27,-170,28")) == 10


def test_filters_compare_whole_values(places: Division, client: Client) -> None:
    assert len(all_pages(client, "buildings", storeys="3")) == 10
    assert all_pages(client, "buildings", storeys="3", division="520502") == []
    assert len(all_pages(client, "parcels", use="paddy")) == 1
    assert all_pages(client, "parcels", use="pad") == []


@pytest.mark.parametrize(
    "wrong",
    [
        "foo=1",
        "limit=0",
        "limit=ten",
        "bbox=1,2,3",
        "bbox=1,2,x,4",
        "bbox=105,28,106,27",
        "bbox=nan,27,106,28",
        "crs=EPSG:3857",
        "datetime=yesterday",
        "datetime=../..",
        "storeys=-1",
        "limit=1&limit=2",
        "division=abc",
    ],
)
def test_what_is_not_declared_is_refused_with_a_sentence(
    places: Division, client: Client, wrong: str
) -> None:
    answer = client.get(f"{ITEMS.format('buildings')}?{wrong}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert wrong.split("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize("page", ["", "api", "conformance", "collections", "collections/roads", "tiles"])
def test_documents_have_a_page_and_refuse_unknown_parameters(
    places: Division, client: Client, page: str
) -> None:
    assert client.get(f"/ogc/{page}?f=html")["Content-Type"].startswith("text/html")
    assert client.get(f"/ogc/{page}", headers={"Accept": "text/html"})["Content-Type"].startswith("text/html")
    assert client.get(f"/ogc/{page}?x=1").status_code == 400
    assert client.get(f"/ogc/{page}")["Access-Control-Allow-Origin"] == "*"


def test_the_definition_is_complete_in_itself(places: Division, client: Client) -> None:
    text = client.get("/ogc/api").content.decode()
    references = {part.split('"')[0] for part in text.split('"$ref":"')[1:]}
    assert references
    assert all(reference.startswith("#/") for reference in references)


def test_nothing_of_a_person_is_offered(places: Division, client: Client) -> None:
    offered = {
        name
        for one in get(client, "/ogc/collections")["collections"]
        for feature in all_pages(client, one["id"])
        for name in feature["properties"]
    }
    assert offered == {
        *("cid", "division", "code", "name", "level", "storeys", "height_m", "use", "built_year"),
        *("crop", "area_m2", "class", "width_m", "length_m"),
    }


def test_the_tiles_of_a_scene_are_found_by_both_standards(places: Division, client: Client) -> None:
    build_twin(division=places, actor=SYSTEM, now=NOW)
    listed = get(client, "/ogc/tiles")["tilesets"]
    assert [one["title"] for one in listed] == [VILLAGE]
    template = next(one["href"] for one in listed[0]["links"] if one.get("templated"))
    described = get(client, f"/twin/{VILLAGE}/tilejson.json")
    _zoom, column, row = next(iter(tiles_touching((105.3001, 27.3001, 105.3002, 27.3002), 14, 14)))
    plain = template.format(tileMatrix=14, tileRow=row, tileCol=column)
    other = described["tiles"][0].format(z=14, x=column, y=row)
    contents = [client.get(address).content for address in (plain, other)]
    assert contents[0] == contents[1]
    decoded = mapbox_vector_tile.decode(gzip.decompress(contents[0]))
    assert {"building", "courtyard"} <= set(decoded)
    assert client.get(f"/ogc/tiles/{VILLAGE}-internal/WebMercatorQuad").status_code == 404


READER = """
import sys, json, pyogrio
from owslib.ogcapi.features import Features
url = sys.argv[1]
source = f"OAPIF:{url}/ogc"
names = [str(name) for name, _kind in pyogrio.list_layers(source)]
every = len(pyogrio.raw.read(source, layer="buildings")[2])
boxed = len(pyogrio.raw.read(source, layer="courtyards", bbox=(105.2999, 27.2999, 105.30015, 27.3004))[2])
service = Features(f"{url}/ogc/")
items = service.collection_items("buildings", limit=100)
print(json.dumps([names, every, boxed, service.feature_collections(), items["numberReturned"]]))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_gdal_and_owslib_read_it(places: Division, live_server: LiveServer) -> None:
    # In a process of its own: GDAL does not let Python's server run while it waits for it.
    done = subprocess.run(
        [sys.executable, "-c", READER, live_server.url], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    names, every, boxed, collections, returned = json.loads(done.stdout)
    assert {"buildings", "courtyards", "roads"} <= set(names)
    assert (every, boxed, returned) == (29, 1, 29)
    assert "parcels" in collections
