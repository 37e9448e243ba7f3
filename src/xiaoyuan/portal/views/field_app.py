"""The installable pages in the field: a shell without anybody's data, manifest, service worker, the local authority."""

import hashlib
from typing import Any, Final

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires
from xiaoyuan.ui.templatetags.ui import VIEWER, viewer_parts

ENTRY: Final = "src/field.ts"
WORKER: Final = "field-worker.js"
AUTHORITY: Final = ("tls", "ca.crt")
"""Where `serve --tls` keeps the certificate that phones have to trust, below the data folder."""


@requires(Permission.PUBLIC)
@ensure_csrf_cookie
@require_safe
def app(request: HttpRequest) -> HttpResponse:
    """The shell that a phone keeps: the same bytes for everybody, data comes by scripts after signing in."""
    return HttpResponse(_shell())


@requires(Permission.PUBLIC)
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone shows when the pages are put on its home screen."""
    icon = {"type": "image/svg+xml", "src": static("ui/mark.svg"), "sizes": "any"}
    large = [
        {
            "type": "image/png",
            "src": static(f"ui/field-{size}.png"),
            "sizes": f"{size}x{size}",
            "purpose": "any maskable",
        }
        for size in (192, 512)
    ]
    body: dict[str, Any] = {
        "name": _("Digital Courtyard in the field"),
        "short_name": _("Field work"),
        "lang": "zh-Hans",
        "start_url": reverse("field_app"),
        "scope": reverse("field"),
        "display": "standalone",
        "background_color": "#f3efe6",
        "theme_color": "#f3efe6",
        "icons": [*large, icon],
    }
    return JsonResponse(body, content_type="application/manifest+json")


@requires(Permission.PUBLIC)
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, told which files this installation's shell consists of."""
    path = VIEWER / WORKER
    if not path.exists():
        raise Http404
    shell = reverse("field_app")
    revision = hashlib.sha256(_shell().encode()).hexdigest()[:16]
    files: list[dict[str, str | None]] = [{"url": shell, "revision": revision}]
    # Vite put the content's hash into these names.
    files += [{"url": address, "revision": None} for address in _files()]
    head = f"self.__WB_MANIFEST={orjson.dumps(files).decode()};self.__SHELL={orjson.dumps(shell).decode()};\n"
    response = HttpResponse(
        head + path.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    return response


@requires(Permission.PUBLIC)
@require_safe
def install(request: HttpRequest) -> HttpResponse:
    """How the local certificate gets onto a phone, with the fingerprint to compare."""
    path = settings.DATA_DIR.joinpath(*AUTHORITY)
    context = {"fingerprint": "", "section": "home"}
    if path.exists():
        print_ = x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256()).hex().upper()
        context["fingerprint"] = " ".join(print_[start : start + 4] for start in range(0, len(print_), 4))
    return render(request, "portal/field_install.html", context)


@requires(Permission.PUBLIC)
@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """The certificate of the local authority, as phones open it."""
    path = settings.DATA_DIR.joinpath(*AUTHORITY)
    if not path.exists():
        raise Http404
    content = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    response = HttpResponse(content, content_type="application/x-x509-ca-cert")
    response["Content-Disposition"] = 'attachment; filename="xiaoyuan-ca.crt"'
    return response


def _files() -> list[str]:
    styles, scripts = viewer_parts(ENTRY)
    return [*scripts, *styles]


def _shell() -> str:
    styles, scripts = viewer_parts(ENTRY)
    return render_to_string("portal/field_app.html", {"styles": styles, "script": scripts[0]})
