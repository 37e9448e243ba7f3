"""A superior's layouts: the empty workbook uploaded once, its columns given a meaning, filled by a button since."""

from pathlib import Path
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.exports.access import access_template, access_template_to_change
from xiaoyuan.exports.actions import (
    LAYOUT,
    TemplateMeaning,
    Wish,
    change_template,
    keep_template,
    request_export,
    retire_template,
)
from xiaoyuan.exports.errors import ExportRefused, TemplateRefused, TemplateTooLarge
from xiaoyuan.exports.layouts import Guess, SheetOutline, guess, guess_columns, outline
from xiaoyuan.exports.models import ExportFormat, ExportTemplate
from xiaoyuan.exports.queries import known_meanings
from xiaoyuan.exports.sources import EXTRA, NUMBER_FIELD, export_source, export_sources
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.sources.reading import read_source
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.exports import county_of
from xiaoyuan.register.access import access_division_within
from xiaoyuan.vault.files import scratch_folder, unsealed

LARGEST_MB: Final = 10
_PREVIEW_ROWS: Final = 12


@requires(Permission.EXPORT_PEOPLE)
def new_layout(request: HttpRequest) -> HttpResponse:
    """Upload an empty workbook of a superior."""
    viewer = viewer_behind(request)
    refusal = ""
    if request.method == "POST":
        division, _scope = access_division_within(
            viewer, request.POST.get("division", ""), Permission.EXPORT_PEOPLE
        )
        upload = request.FILES.get("file")
        try:
            if upload is None:
                raise TemplateRefused(_("Choose the empty workbook (.xlsx) first."))
            template = _receive(upload, request.POST.get("name", ""), division.code, viewer.actor)
            return HttpResponseRedirect(reverse("console_layout", args=[template.pk]))
        except (FileRefused, ExportRefused) as refused:
            refusal = str(refused)
    chosen = chosen_division(request, viewer, Permission.EXPORT_PEOPLE)
    context = {
        "section": "console",
        "rail": "exports",
        "picker": desk.picker(chosen[0], viewer.scope_for(Permission.EXPORT_PEOPLE)) if chosen else None,
        "refusal": refusal,
        "largest_mb": LARGEST_MB,
    }
    return render(request, "portal/layout_new.html", context, status=400 if refusal else 200)


def _receive(upload: "UploadedFile[bytes]", name: str, division_code: str, actor: Any) -> ExportTemplate:
    file_name = Path(upload.name or "").name or "layout.xlsx"
    if (upload.size or 0) > LARGEST_MB * 1024 * 1024:
        raise TemplateTooLarge(LARGEST_MB)
    if Path(file_name).suffix.lower() != ".xlsx":
        raise TemplateRefused(
            _("A layout must be a workbook .xlsx. Open it, save it as .xlsx and upload it again.")
        )
    county_id = county_of(division_code)
    with scratch_folder() as folder:
        path = Path(folder) / "layout.xlsx"
        with path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        # The reading process looks at the file first, with bounded time and memory.
        with read_source(path, name=file_name):
            pass
        sources = [one for one in export_sources() if one.is_offered]
        known = {one.key: known_meanings(county_id, one.key) for one in sources}
        found = guess(outline(path), sources, known)
        return keep_template(
            path=path,
            file_name=file_name,
            name=name,
            county_id=county_id,
            division_code=division_code,
            meaning=_meaning(found),
            actor=actor,
            now=timezone.now(),
        )


def _meaning(found: Guess) -> TemplateMeaning:
    return TemplateMeaning(found.source_key, found.sheet, found.first_row, found.columns, found.headings)


@requires(Permission.EXPORT_PEOPLE)
def layout(request: HttpRequest, layout_id: int) -> HttpResponse:
    """What the columns of a layout mean; a clerk corrects it, and it is remembered."""
    viewer = viewer_behind(request)
    template = access_template_to_change(viewer, layout_id)
    sheets = _sheets(template)
    refusal = ""
    if request.method == "POST":
        meaning, is_other = _corrected(request, template, sheets)
        try:
            change_template(
                template=template,
                name=request.POST.get("name", ""),
                meaning=meaning,
                actor=viewer.actor,
                now=timezone.now(),
            )
            # Another sheet, row or kind of rows has other columns: they are shown before they are taken.
            if not is_other:
                return HttpResponseRedirect(reverse("console_exports"))
            return HttpResponseRedirect(reverse("console_layout", args=[template.pk]))
        except ExportRefused as refused:
            refusal = str(refused)
            template.refresh_from_db()
    return render(
        request,
        "portal/layout.html",
        _context(template, sheets) | {"refusal": refusal},
        status=400 if refusal else 200,
    )


def _sheets(template: ExportTemplate) -> list[SheetOutline]:
    with unsealed(
        county_id=template.county_id, subject=template.subject, name=LAYOUT, shown_name="layout.xlsx"
    ) as path:
        return outline(path)


def _corrected(
    request: HttpRequest, template: ExportTemplate, sheets: list[SheetOutline]
) -> tuple[TemplateMeaning, bool]:
    """Return the meaning that the form states, and whether it is about another sheet, row or kind of rows."""
    names = {one.name: one for one in sheets}
    sheet = names.get(request.POST.get("sheet", ""), names.get(template.sheet, sheets[0]))
    written = request.POST.get("first_row", "")
    first_row = int(written) if written.isascii() and written.isdigit() and len(written) < 5 else 0
    first_row = first_row if 1 < first_row <= 1000 else template.first_data_row
    source = export_source(request.POST.get("source", template.source_key))
    known = known_meanings(template.county_id, source.key)
    proposed = guess_columns(sheet, source, first_row, known)
    merges = request.POST.get("merges") == "on"
    is_other = (sheet.name, first_row, source.key) != (
        template.sheet,
        template.first_data_row,
        template.source_key,
    )
    if is_other:
        return TemplateMeaning(
            source.key, sheet.name, first_row, proposed.columns, proposed.headings, merges
        ), True
    columns = {}
    for letters in proposed.headings:
        key = request.POST.get(f"column-{letters}", "")
        if key and source.field(key) is not None:
            columns[letters] = key
    return TemplateMeaning(source.key, sheet.name, first_row, columns, proposed.headings, merges), False


def _context(template: ExportTemplate, sheets: list[SheetOutline]) -> dict[str, Any]:
    source = export_source(template.source_key)
    sheet = next((one for one in sheets if one.name == template.sheet), sheets[0])
    letters = list(template.headings)
    return {
        "section": "console",
        "rail": "exports",
        "layout": template,
        "sheet_names": [one.name for one in sheets],
        "sources": [one for one in export_sources() if one.is_offered],
        "source": source,
        "fields": (NUMBER_FIELD, *source.fields),
        "columns": [
            {
                "letters": one,
                "heading": heading,
                "key": template.columns.get(one, ""),
                "extra": EXTRA + heading.rpartition(" / ")[2][:34],
            }
            for one, heading in template.headings.items()
        ],
        "preview": [
            (number, [sheet.rows.get(number, {}).get(one, "") for one in letters])
            for number in range(1, min(template.first_data_row + 3, template.first_data_row + _PREVIEW_ROWS))
        ],
        "letters": letters,
        "village_name": desk.village_names([template.division_code]).get(template.division_code, ""),
    }


@requires(Permission.EXPORT_PEOPLE)
@require_POST
def retire(request: HttpRequest, layout_id: int) -> HttpResponse:
    """Take a layout out of use."""
    viewer = viewer_behind(request)
    template = access_template_to_change(viewer, layout_id)
    retire_template(template=template, actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(reverse("console_exports"))


@requires(Permission.EXPORT_PEOPLE)
@require_POST
def fill(request: HttpRequest, layout_id: int) -> HttpResponse:
    """The one button: the layout filled with what the register holds now, masked."""
    viewer = viewer_behind(request)
    template = access_template(viewer, layout_id)
    scope = viewer.scope_for(Permission.EXPORT_PEOPLE)
    # A layout of one's own division is filled for it; one from above for the division one answers for.
    home = template.division_code if scope.contains_division(template.division_code) else ""
    code = request.POST.get("division", "") or home or next(iter(desk.roots_of(scope)), "")
    division, _scope = access_division_within(viewer, code, Permission.EXPORT_PEOPLE)
    wish = Wish(
        source_key=template.source_key,
        format=ExportFormat.TEMPLATE,
        county_id=county_of(division.code),
        division_code=division.code,
        place=division.name,
        is_sample=shows_sample(division.code),
        template=template,
    )
    made = request_export(wish=wish, viewer=viewer, now=timezone.now())
    return HttpResponseRedirect(reverse("console_export", args=[made.pk]))
