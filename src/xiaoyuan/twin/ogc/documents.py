"""The documents that lead a program to the data: landing page, conformance, collections, tilesets."""

from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.layers import MAX_ZOOM, MIN_ZOOM, ORDER
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.ogc.catalogue import COLLECTIONS, Collection
from xiaoyuan.twin.ogc.features import extent
from xiaoyuan.twin.ogc.parameters import Bounds
from xiaoyuan.twin.ogc.reference_systems import CRS84, STORAGE, SUPPORTED

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
HTML: Final = "text/html"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
PROBLEM: Final = "application/problem+json"
MVT: Final = "application/vnd.mapbox-vector-tile"
WEB_MERCATOR_QUAD: Final = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
CONFORMS_TO: Final = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
)


def link(href: str, rel: str, kind: str, title: str, **more: Any) -> dict[str, Any]:
    """Return a link."""
    return {"href": href, "rel": rel, "type": kind, "title": title, **more}


def self_links(here: str, kind: str = JSON) -> list[dict[str, Any]]:
    """Return the links of a document to itself and to its page for people."""
    mark = "&" if "?" in here else "?"
    return [
        link(here, "self", kind, _("This document")),
        link(f"{here}{mark}f=html", "alternate", HTML, _("This document as a page")),
    ]


def landing(root: str, here: str) -> dict[str, Any]:
    """Return the landing page; `root` is scheme and host."""
    return {
        "title": _("Xiaoyuan: public places"),
        "description": _(
            "Divisions, courtyards, buildings, parcels, roads and water that this deployment shows to anyone. "
            "Nothing here tells of a person."
        ),
        "links": [
            *self_links(here),
            link(root + reverse("ogc_api"), "service-desc", OPENAPI, _("The definition of this interface")),
            link(root + reverse("ogc_api") + "?f=html", "service-doc", HTML, _("The interface as a page")),
            link(root + reverse("ogc_conformance"), "conformance", JSON, _("Standards this interface keeps")),
            link(root + reverse("ogc_collections"), "data", JSON, _("The collections")),
            link(
                root + reverse("ogc_tilesets"),
                "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
                JSON,
                _("Vector tiles of the scenes"),
            ),
        ],
    }


def conformance(here: str) -> dict[str, Any]:
    """Return the standards that are kept."""
    return {
        "title": _("Standards this interface keeps"),
        "links": self_links(here),
        "conformsTo": [*CONFORMS_TO],
    }


def collections(root: str, here: str) -> dict[str, Any]:
    """Return all collections."""
    box = extent()
    return {
        "title": _("The collections"),
        "links": self_links(here),
        "crs": [*SUPPORTED],
        "collections": [_described(root, one, box) for one in COLLECTIONS.values()],
    }


def collection(root: str, one: Collection) -> dict[str, Any]:
    """Return the description of one collection."""
    return _described(root, one, extent())


def _described(root: str, one: Collection, box: Bounds | None) -> dict[str, Any]:
    here = root + reverse("ogc_collection", args=[one.id])
    items = root + reverse("ogc_items", args=[one.id])
    described: dict[str, Any] = {
        "id": one.id,
        "title": str(one.title),
        "description": str(one.description),
        "itemType": "feature",
        "crs": [*SUPPORTED],
        "storageCrs": STORAGE,
        "links": [
            *self_links(here),
            link(items, "items", GEOJSON, _("The features")),
            link(f"{items}?f=html", "items", HTML, _("The features as a page")),
        ],
    }
    if box is not None:
        described["extent"] = {"spatial": {"bbox": [list(box)], "crs": CRS84}}
    return described


def public_scenes() -> list[Scene]:
    """Return the scenes whose tiles anybody may take."""
    scenes = Scene.objects.filter(layer_class=LayerClass.PUBLIC).exclude(revision="")
    return list(scenes.defer("report").order_by("key"))


def tilesets(root: str, here: str) -> dict[str, Any]:
    """Return the list of tilesets, one a public scene."""
    return {
        "title": _("Vector tiles of the scenes"),
        "links": self_links(here),
        "tilesets": [tileset(root, scene.key) for scene in public_scenes()],
    }


def tileset(root: str, key: str) -> dict[str, Any]:
    """Return the description of the vector tiles of a scene."""
    here = root + reverse("ogc_tileset", args=[key])
    return {
        "title": key,
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": WEB_MERCATOR_QUAD,
        "layers": [
            {"id": name, "dataType": "vector", "minTileMatrix": str(MIN_ZOOM[name])} for name in ORDER
        ],
        "links": [
            *self_links(here),
            link(
                WEB_MERCATOR_QUAD,
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
                JSON,
                "WebMercatorQuad",
            ),
            link(
                f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT, _("One tile"), templated=True
            ),
        ],
    }


def tilejson(root: str, key: str, pointer: dict[str, Any]) -> dict[str, Any]:
    """Return TileJSON 3.0 of a scene's vector tiles; the address holds for this revision."""
    west, south, east, north = pointer["bounds"]
    return {
        "tilejson": "3.0.0",
        "name": key,
        "scheme": "xyz",
        "tiles": [f"{root}/twin/{key}/{pointer['vectors']}"],
        "minzoom": pointer["vector_zooms"][0],
        "maxzoom": pointer["vector_zooms"][1],
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, 14],
        "attribution": "; ".join(pointer["attribution"]),
        "vector_layers": [
            {"id": name, "minzoom": MIN_ZOOM[name], "maxzoom": MAX_ZOOM, "fields": {}}
            for name in pointer["layers"]
        ],
    }
