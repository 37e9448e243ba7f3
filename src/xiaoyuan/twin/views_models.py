"""Serving the files of imported models: immutable, because their folder is named after their content."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.model_files import FOLDER, model_folder
from xiaoyuan.twin.model_queries import access_model

_TYPES: Final = {
    ".json": "application/json",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".ktx2": "image/ktx2",
}
_PLAIN: Final = "application/octet-stream"
_GZIP: Final = b"\x1f\x8b"


@require_safe
@requires(Permission.PUBLIC)
def model_file(request: HttpRequest, key: str, path: str) -> HttpResponse:
    """Answer one file of a model. Which models are open to whom is decided by `access_model`."""
    model = access_model(viewer_behind(request), key)
    folder = model_folder(key).resolve()
    file = (folder / path).resolve()
    state = model.entry.partition("/")[0]
    if not file.is_relative_to(folder / state) or not file.is_file():
        raise NotFound
    kind = _TYPES.get(file.suffix.lower(), _PLAIN)
    if settings.ACCEL_REDIRECT:
        response = HttpResponse(content_type=kind)
        response["X-Accel-Redirect"] = f"/protected/twin/{FOLDER}/{key}/{file.relative_to(folder).as_posix()}"
    else:
        content = file.read_bytes()
        response = HttpResponse(content, content_type=kind)
        if content.startswith(_GZIP):
            response["Content-Encoding"] = "gzip"
    reach = "public" if model.layer_class == LayerClass.PUBLIC else "private"
    response["Cache-Control"] = f"{reach}, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
