"""The OpenAPI 3.0 document: complete in itself, generated from the collections."""

from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.twin.ogc.catalogue import COLLECTIONS, Collection
from xiaoyuan.twin.ogc.documents import GEOJSON, JSON, PROBLEM
from xiaoyuan.twin.ogc.parameters import LIMIT_DEFAULT, LIMIT_MOST
from xiaoyuan.twin.ogc.reference_systems import SUPPORTED

_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "f": {"schema": {"type": "string", "enum": ["json", "html"]}},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST, "default": LIMIT_DEFAULT}},
    "bbox": {
        "schema": {
            "type": "array",
            "minItems": 4,
            "maxItems": 6,
            "items": {"type": "number"},
        }
    },
    "datetime": {"schema": {"type": "string"}},
    "bbox-crs": {"schema": {"type": "string", "format": "uri", "enum": [*SUPPORTED]}},
    "crs": {"schema": {"type": "string", "format": "uri", "enum": [*SUPPORTED]}},
    "after": {"schema": {"type": "integer", "minimum": 0}},
    "division": {"schema": {"type": "string", "pattern": "^[0-9]{2,12}$"}},
}
_OF_ITEMS: Final = ("limit", "bbox", "datetime", "bbox-crs", "crs", "after", "division", "f")


def definition(root: str) -> dict[str, Any]:
    """Return the definition; `root` is scheme and host."""
    paths: dict[str, Any] = {
        "/": _get("landingPage", JSON, "f"),
        "/api": _get("apiDefinition", JSON, "f"),
        "/conformance": _get("conformance", JSON, "f"),
        "/collections": _get("collections", JSON, "f"),
        "/tiles": _get("tilesets", JSON, "f"),
    }
    for one in COLLECTIONS.values():
        paths[f"/collections/{one.id}"] = _get(f"{one.id}.collection", JSON, "f")
        items = _get(f"{one.id}.items", GEOJSON, *_OF_ITEMS)
        items["get"]["parameters"] += [_filter(one, name) for name in one.filters]
        paths[f"/collections/{one.id}/items"] = items
        feature = _get(f"{one.id}.feature", GEOJSON, "crs", "f")
        feature["get"]["parameters"].append(
            {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        )
        feature["get"]["responses"]["404"] = _response(PROBLEM, _("There is no such feature."))
        paths[f"/collections/{one.id}/items/{{featureId}}"] = feature
    return {
        "openapi": "3.0.3",
        "info": {
            "title": _("Xiaoyuan: public places"),
            "version": "1.0.0",
            "license": {"name": _("as the attribution of the data says")},
        },
        "servers": [{"url": f"{root}/ogc"}],
        "paths": paths,
        "components": {
            "parameters": {
                name: {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "style": "form",
                    "explode": False,
                    **parameter,
                }
                for name, parameter in _PARAMETERS.items()
            }
        },
    }


def _get(name: str, kind: str, *parameters: str) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "parameters": [{"$ref": f"#/components/parameters/{parameter}"} for parameter in parameters],
            "responses": {
                "200": _response(kind, _("The document.")),
                "400": _response(
                    PROBLEM, _("A parameter that is not declared, or a value it does not allow.")
                ),
            },
        }
    }


def _response(kind: str, text: str) -> dict[str, Any]:
    return {"description": text, "content": {kind: {"schema": {"type": "object"}}}}


def _filter(one: Collection, name: str) -> dict[str, Any]:
    kind = {"type": "integer", "minimum": 0} if name in one.integers else {"type": "string"}
    return {"name": name, "in": "query", "required": False, "style": "form", "explode": False, "schema": kind}
