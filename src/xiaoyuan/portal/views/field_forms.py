"""Filling a form of the county as a plain page: what depends on answers comes next, nothing is typed twice."""

import secrets
from typing import Any, Final
from urllib.parse import urlencode

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.attachments.actions import store_photo
from xiaoyuan.attachments.errors import AttachmentRefused
from xiaoyuan.fieldwork.form_access import access_offered, field_scope
from xiaoyuan.fieldwork.form_actions import About
from xiaoyuan.fieldwork.form_errors import FormError
from xiaoyuan.fieldwork.form_queries import offered_to, schema_of
from xiaoyuan.fieldwork.models.forms import FormVersion
from xiaoyuan.fieldwork.xlsforms.answering import Filled, defaults_of, fill
from xiaoyuan.fieldwork.xlsforms.schema import FormSchema, Kind
from xiaoyuan.portal.field_submissions import Submission, not_understood, submit
from xiaoyuan.portal.form_filling import about_of
from xiaoyuan.portal.form_rendering import PREFIX, asked_paths, has_more, language, lines_of, raw_of
from xiaoyuan.register.queries.divisions import divisions_in_force

FIELD: Final = Permission.WORK_IN_FIELD
_ABOUT: Final = ("courtyard", "household", "division")


@requires(FIELD)
@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """The forms that are filled in the viewer's villages."""
    versions = offered_to(field_scope(viewer_behind(request)))
    given = {
        name: request.GET[name] for name in ("courtyard", "household") if request.GET.get(name, "").isdigit()
    }
    context = {
        "section": "field",
        "versions": versions,
        "sent": request.GET.get("sent", "")[:120],
        "about": f"?{urlencode(given)}" if given else "",
    }
    return render(request, "portal/field_forms.html", context)


@requires(FIELD)
def fill_in(request: HttpRequest, key: str) -> HttpResponse:
    """One form: shown, shown again with what is missing or newly asked, kept."""
    viewer = viewer_behind(request)
    version = access_offered(viewer, key)
    schema = schema_of(version)
    if request.method != "POST":
        raw: dict[str, Any] = defaults_of(schema)
        return _page(request, version, _settled(schema, raw), is_first=True)
    raw = raw_of(schema, request.POST)
    refusal = _keep_photos(request, viewer, version, schema, raw)
    filled = _settled(schema, raw)
    is_looking = request.POST.get("go", "") != "send"
    if is_looking or refusal or filled.problems or has_more(lines_of(filled), request.POST.dict()):
        return _page(request, version, filled, refusal=refusal, is_looking=is_looking)
    payload = {name: request.POST.get(name, "") for name in _ABOUT}
    sent = Submission(_key(request), "form.answer", {**payload, "version": version.pk, "answers": raw})
    try:
        submit(viewer, sent, timezone.now())
    except FormError as refused:
        return _page(request, version, filled, refusal=str(refused))
    return HttpResponseRedirect(f"{reverse('field_forms')}?{urlencode({'sent': version.form.title})}")


def _settled(schema: FormSchema, raw: dict[str, Any]) -> Filled:
    return fill(schema, raw, today=timezone.localdate(), language=language())


def _page(
    request: HttpRequest,
    version: FormVersion,
    filled: Filled,
    *,
    refusal: str = "",
    is_first: bool = False,
    is_looking: bool = False,
) -> HttpResponse:
    viewer = viewer_behind(request)
    given = request.GET if is_first else request.POST
    has_problems = not is_first and not is_looking
    lines = lines_of(filled, with_problems=has_problems)
    context: dict[str, Any] = {
        "section": "field",
        "wording": version,
        "lines": lines,
        "shown": " ".join(asked_paths(lines)),
        "key": request.POST.get("key") or secrets.token_hex(16),
        "refusal": refusal,
        "problems": len(filled.problems) if has_problems else 0,
        "has_more": has_problems and not filled.problems and not refusal,
        **{name: given.get(name, "") for name in _ABOUT},
    }
    about = _about(viewer, context)
    if about is None:
        scope = field_scope(viewer)
        codes = {prefix[:12] for prefix in scope.prefixes if prefix.startswith(version.division_code)}
        wide = {prefix for prefix in scope.prefixes if version.division_code.startswith(prefix)}
        places = divisions_in_force().filter(code__in=codes)
        if wide:
            places = divisions_in_force().filter(code__startswith=version.division_code, level="village")[
                :500
            ]
        context["places"] = places
    context["about"] = about
    is_bad = has_problems and (filled.problems or refusal)
    return render(request, "portal/field_form.html", context, status=400 if is_bad else 200)


def _about(viewer: Viewer, context: dict[str, Any]) -> About | None:
    """Return the courtyard or household that the form is about, or None when a village has to be chosen."""
    if not (context["courtyard"] or context["household"]):
        return None
    return about_of(
        viewer, courtyard=_row(context["courtyard"]), household=_row(context["household"]), division=""
    )


def _row(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise not_understood()
    return int(text)


def _keep_photos(
    request: HttpRequest, viewer: Viewer, version: FormVersion, schema: FormSchema, raw: dict[str, Any]
) -> str:
    """Keep the photos that came with the page, so that the page shown again still has them; return a refusal."""
    refusal = ""
    for question, repeat in schema.flat():
        if question.kind is not Kind.PHOTO:
            continue
        rows = [(question.name, raw)]
        if repeat is not None:
            rows = [
                (f"{repeat.name}.{number}.{question.name}", row)
                for number, row in enumerate(raw[repeat.name])
            ]
        for path, row in rows:
            photo = request.FILES.get(f"{PREFIX}{path}")
            if not isinstance(photo, UploadedFile):
                continue
            try:
                kept = store_photo(
                    county_id=version.county_id,
                    division_code=version.division_code,
                    is_sample=version.is_sample,
                    source=photo,  # type: ignore[arg-type]  # an uploaded file reads like a binary one
                    actor=viewer.actor,
                    now=timezone.now(),
                )
                row[question.name] = str(kept.public_id)
            except AttachmentRefused as refused:
                refusal = str(refused)
    return refusal


def _key(request: HttpRequest) -> str:
    key = request.POST.get("key", "")
    if not 8 <= len(key) <= 60:
        raise not_understood()
    return key
