"""Answers of the OGC API: JSON for programs, a plain page for people, a problem document for mistakes."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin import views as scenes
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.ogc import documents
from xiaoyuan.twin.ogc.catalogue import COLLECTIONS, Collection
from xiaoyuan.twin.ogc.definition import definition
from xiaoyuan.twin.ogc.errors import BadParameter
from xiaoyuan.twin.ogc.features import feature_of, page_of
from xiaoyuan.twin.ogc.parameters import crs_of, items_query, only, wanted_format
from xiaoyuan.twin.ogc.reference_systems import CRS84
from xiaoyuan.twin.publishing import pointer_of

View = Callable[..., HttpResponse]


class Missing(Exception):
    """There is no such collection, feature or tileset."""


def answers(view: View) -> View:
    """Turn what went wrong into a problem document, and let any page of the web read the answer."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except BadParameter as error:
            response = _problem(400, _("Bad request"), str(error))
        except Missing:
            response = _problem(404, _("Not found"), _("There is nothing at this address."))
        response["Access-Control-Allow-Origin"] = "*"
        response["Vary"] = "Accept, Accept-Language"
        return response

    return answer


@require_safe
@requires(Permission.PUBLIC)
@answers
def landing(request: HttpRequest) -> HttpResponse:
    """Answer where everything is."""
    return _document(request, documents.landing(_root(request), _here(request)))


@require_safe
@requires(Permission.PUBLIC)
@answers
def api(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document."""
    only(request.GET, ("f",))
    found = definition(_root(request))
    if wanted_format(request.GET, request.headers.get("Accept", "")) == "html":
        rows = [
            {"id": path, "text": operation["get"]["operationId"]}
            for path, operation in found["paths"].items()
        ]
        return _page(request, {"title": found["info"]["title"], "links": [], "rows": rows})
    return HttpResponse(orjson.dumps(found), content_type=documents.OPENAPI)


@require_safe
@requires(Permission.PUBLIC)
@answers
def conformance(request: HttpRequest) -> HttpResponse:
    """Answer the standards that are kept."""
    return _document(request, documents.conformance(_here(request)))


@require_safe
@requires(Permission.PUBLIC)
@answers
def collections(request: HttpRequest) -> HttpResponse:
    """Answer all collections."""
    return _document(request, documents.collections(_root(request), _here(request)))


@require_safe
@requires(Permission.PUBLIC)
@answers
def collection(request: HttpRequest, name: str) -> HttpResponse:
    """Answer the description of one collection."""
    return _document(request, documents.collection(_root(request), _collection(name)))


@require_safe
@requires(Permission.PUBLIC)
@answers
def items(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a page of features."""
    wanted = _collection(name)
    query = items_query(wanted, request.GET)
    page = page_of(wanted, query)
    links = documents.self_links(_here(request), documents.GEOJSON)
    if page.following is not None:
        given = {**request.GET.dict(), "after": str(page.following)}
        following = f"{_root(request)}{reverse('ogc_items', args=[name])}?{urlencode(given)}"
        links.append(documents.link(following, "next", documents.GEOJSON, _("The next page")))
    found = {
        "type": "FeatureCollection",
        "timeStamp": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberReturned": len(page.features),
        "links": links,
        "features": page.features,
    }
    return _geojson(request, found, query.crs, str(wanted.title))


@require_safe
@requires(Permission.PUBLIC)
@answers
def item(request: HttpRequest, name: str, feature_id: str) -> HttpResponse:
    """Answer one feature."""
    wanted = _collection(name)
    only(request.GET, ("f", "crs"))
    crs = crs_of(request.GET, "crs")
    found = feature_of(wanted, feature_id, crs)
    if found is None:
        raise Missing
    up = _root(request) + reverse("ogc_collection", args=[name])
    links = [
        *documents.self_links(_here(request), documents.GEOJSON),
        documents.link(up, "collection", documents.JSON, str(wanted.title)),
    ]
    return _geojson(request, {**found, "links": links}, crs, feature_id)


@require_safe
@requires(Permission.PUBLIC)
@answers
def tilesets(request: HttpRequest) -> HttpResponse:
    """Answer the tilesets of the public scenes."""
    return _document(request, documents.tilesets(_root(request), _here(request)))


@require_safe
@requires(Permission.PUBLIC)
@answers
def tileset(request: HttpRequest, key: str) -> HttpResponse:
    """Answer the description of a scene's vector tiles."""
    _scene(key)
    return _document(request, documents.tileset(_root(request), key))


@require_safe
@requires(Permission.PUBLIC)
@answers
def tile(request: HttpRequest, key: str, zoom: int, row: int, column: int) -> HttpResponse:
    """Answer a tile of what the scene shows now; its address at /twin/ may be kept, this one may not."""
    only(request.GET, ())
    index = pointer_of(_scene(key))["vectors"].split("/")[1]
    response: HttpResponse = scenes.scene_tile(request, key, index, zoom, column, row)
    response["Cache-Control"] = "public, no-cache"
    return response


@require_safe
@requires(Permission.PUBLIC)
@answers
def tilejson(request: HttpRequest, key: str) -> HttpResponse:
    """Answer TileJSON of a public scene."""
    found = documents.tilejson(_root(request), key, pointer_of(_scene(key)))
    response = HttpResponse(orjson.dumps(found), content_type=documents.JSON)
    response["Cache-Control"] = "public, no-cache"
    return response


def _scene(key: str) -> Scene:
    scene = Scene.objects.filter(key=key, layer_class=LayerClass.PUBLIC).exclude(revision="").first()
    if scene is None:
        raise Missing
    return scene


def _collection(name: str) -> Collection:
    if name not in COLLECTIONS:
        raise Missing
    return COLLECTIONS[name]


def _root(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _here(request: HttpRequest) -> str:
    given = request.GET.copy()
    given.pop("f", None)
    return f"{_root(request)}{request.path}" + (f"?{given.urlencode()}" if given else "")


def _document(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    only(request.GET, ("f",))
    if wanted_format(request.GET, request.headers.get("Accept", "")) == "json":
        return HttpResponse(orjson.dumps(document), content_type=documents.JSON)
    rows = [
        {
            "id": one.get("id", one["title"]),
            "text": one.get("description", ""),
            "href": one["links"][0]["href"],
        }
        for one in document.get("collections", document.get("tilesets", ()))
    ]
    rows += [{"id": standard, "text": ""} for standard in document.get("conformsTo", ())]
    return _page(request, {**document, "rows": rows})


def _geojson(request: HttpRequest, document: dict[str, Any], crs: str, title: str) -> HttpResponse:
    if wanted_format(request.GET, request.headers.get("Accept", "")) == "html":
        features = document.get("features", [document])
        rows = [{"id": feature["id"], "text": _said(feature["properties"])} for feature in features]
        return _page(request, {"title": title, "links": document["links"], "rows": rows})
    response = HttpResponse(orjson.dumps(document), content_type=documents.GEOJSON)
    response["Content-Crs"] = f"<{crs or CRS84}>"
    return response


def _said(properties: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in properties.items() if value is not None)


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "twin/ogc.html", context)


def _problem(status: int, title: str, detail: str) -> HttpResponse:
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    return HttpResponse(body, status=status, content_type=documents.PROBLEM)
