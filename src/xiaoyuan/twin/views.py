"""Serving scenes: immutable files by content, a pointer that is always asked for again."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.tiling.vector_index import VectorIndex
from xiaoyuan.twin.access import access_scene, revisions_open_to
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.publishing import pointer_of, pool_of, scene_folder

_FILE: Final = re.compile(
    r"files/[0-9a-f]{20}\.(?:json|glb)"
    r"|terrain/[0-9a-f]{20}/(?:layer\.json|\d+/\d+/\d+\.terrain)"
    r"|terrarium/[0-9a-f]{20}/\d+/\d+/\d+\.png"
)
_TYPES: Final = {
    ".json": "application/json",
    ".glb": "model/gltf-binary",
    ".terrain": "application/vnd.quantized-mesh;extensions=octvertexnormals",
    ".pbf": "application/vnd.mapbox-vector-tile",
    ".png": "image/png",
}
_IMMUTABLE: Final = "max-age=31536000, immutable"
_GZIP: Final = b"\x1f\x8b"


@require_safe
@requires(Permission.PUBLIC)
def scene_pointer(request: HttpRequest, key: str) -> HttpResponse:
    """Answer what the scene shows now. Which scenes are open to whom is decided by `access_scene`."""
    scene = access_scene(viewer_behind(request), key)
    pointer = pointer_of(scene)
    if not pointer:
        raise NotFound
    return _fresh(request, scene, pointer)


@require_safe
@requires(Permission.PUBLIC)
def scene_revisions(request: HttpRequest, key: str) -> HttpResponse:
    """Answer the revisions of a scene that are kept, the newest first, to compare two of them; to staff only."""
    scene = access_scene(viewer_behind(request), key)
    rows = revisions_open_to(viewer_behind(request), scene).order_by("-published_at", "-pk")
    listed = [
        {
            "name": name,
            "published_at": published_at.isoformat(),
            "pointer": reverse("twin_revision", args=[key, name]),
        }
        for name, published_at in rows.values_list("name", "published_at")
    ]
    return _fresh(request, scene, {"revisions": listed})


@require_safe
@requires(Permission.PUBLIC)
def scene_revision(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Answer what one revision of a scene shows."""
    scene = access_scene(viewer_behind(request), key)
    rows = revisions_open_to(viewer_behind(request), scene)
    pointer = rows.filter(name=name).values_list("pointer", flat=True).first()
    if pointer is None:
        raise NotFound
    return _fresh(request, scene, pointer)


@require_safe
@requires(Permission.PUBLIC)
def scene_file(request: HttpRequest, key: str, path: str) -> HttpResponse:
    """Answer one file of a scene."""
    scene = access_scene(viewer_behind(request), key)
    if not _FILE.fullmatch(path):
        raise NotFound
    return _answer(scene, path)


@require_safe
@requires(Permission.PUBLIC)
def scene_tile(request: HttpRequest, key: str, index: str, zoom: int, column: int, row: int) -> HttpResponse:
    """Answer one vector tile; one without content is no error."""
    scene = access_scene(viewer_behind(request), key)
    try:
        name = _index(scene_folder(key), f"{index}.json").find(zoom, column, row)
    except (FileNotFoundError, KeyError):  # a file of the scene that is no index holds no tiles
        raise NotFound from None
    if name is None:
        return _cached(scene, HttpResponse(status=204))
    return _answer(scene, f"files/{name}")


@lru_cache(maxsize=64)
def _index(folder: Path, name: str) -> VectorIndex:
    return VectorIndex(pool_of(folder.name), name)


def _answer(scene: Scene, path: str) -> HttpResponse:
    file = scene_folder(scene.key) / path
    kind = _TYPES[file.suffix]
    if settings.ACCEL_REDIRECT and file.is_file():
        response = HttpResponse(content_type=kind)
        response["X-Accel-Redirect"] = f"/protected/twin/{scene.key}/{path}"
        return _cached(scene, response)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise NotFound from None
    response = HttpResponse(content, content_type=kind)
    if content.startswith(_GZIP):
        response["Content-Encoding"] = "gzip"
    return _cached(scene, response)


def _fresh(request: HttpRequest, scene: Scene, document: dict[str, Any]) -> HttpResponse:
    content = orjson.dumps(document)
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    response = (
        HttpResponse(status=304)
        if request.headers.get("If-None-Match") == tag
        else HttpResponse(content, content_type="application/json")
    )
    response["ETag"] = tag
    response["Cache-Control"] = f"{_reach(scene)}, no-cache"
    return response


def _cached(scene: Scene, response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = f"{_reach(scene)}, {_IMMUTABLE}"
    return response


def _reach(scene: Scene) -> str:
    return "public" if scene.layer_class == LayerClass.PUBLIC else "private"
