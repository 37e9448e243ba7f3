"""Serving tiles: immutable files by revision, a pointer that is always asked for again."""

import hashlib
import re
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.access import access_scene
from xiaoyuan.twin.publishing import POINTER, scene_folder

_REVISION_FILE: Final = re.compile(
    r"[0-9T]+/(buildings/[\w.-]+\.(?:json|glb)|terrain/(?:layer\.json|\d+/\d+/\d+\.terrain)|vectors/\d+/\d+/\d+\.pbf)"
)
_TYPES: Final = {
    ".json": "application/json",
    ".glb": "model/gltf-binary",
    ".terrain": "application/vnd.quantized-mesh;extensions=octvertexnormals",
    ".pbf": "application/vnd.mapbox-vector-tile",
}
_IMMUTABLE: Final = "max-age=31536000, immutable"
_GZIP: Final = b"\x1f\x8b"


@require_safe
@requires(Permission.PUBLIC)
def scene_file(request: HttpRequest, key: str, path: str) -> HttpResponse:
    """Answer one file of a scene. Which scenes are open to whom is decided by `access_scene`."""
    scene = access_scene(viewer_behind(request), key)
    reach = "public" if scene.layer_class == LayerClass.PUBLIC else "private"
    if path == POINTER:
        return _pointer(request, scene_folder(key) / POINTER, reach)
    if not _REVISION_FILE.fullmatch(path):
        raise NotFound
    file = scene_folder(key) / path
    if not file.is_file():
        if file.suffix == ".pbf" and file.parents[3].is_dir():
            return _cached(HttpResponse(status=204), reach)
        raise NotFound
    if settings.ACCEL_REDIRECT:
        response = HttpResponse(content_type=_TYPES[file.suffix])
        response["X-Accel-Redirect"] = f"/protected/twin/{key}/{path}"
        return _cached(response, reach)
    return _cached(_file(file), reach)


def _file(file: Path) -> HttpResponse:
    content = file.read_bytes()
    response = HttpResponse(content, content_type=_TYPES[file.suffix])
    if content.startswith(_GZIP):
        response["Content-Encoding"] = "gzip"
    return response


def _pointer(request: HttpRequest, file: Path, reach: str) -> HttpResponse:
    if not file.is_file():
        raise NotFound
    content = file.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    response = (
        HttpResponse(status=304)
        if request.headers.get("If-None-Match") == tag
        else HttpResponse(content, content_type="application/json")
    )
    response["ETag"] = tag
    response["Cache-Control"] = f"{reach}, no-cache"
    return response


def _cached(response: HttpResponse, reach: str) -> HttpResponse:
    response["Cache-Control"] = f"{reach}, {_IMMUTABLE}"
    return response
