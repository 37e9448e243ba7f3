"""Which files the records came from, by whom and under which licence: provenance goes along with an archive."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.exports.sources import ExportSource, Selection
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.register.exports.fields import CODE, DATE, field
from xiaoyuan.register.exports.selecting import CHUNK


def _batches(selection: Selection) -> Any:
    rows = ImportBatch.objects.filter(selection.scope.condition(), county_id=selection.county_id)
    return rows.filter(status=BatchStatus.APPLIED, is_sample=selection.is_sample)


def _rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for row in _batches(selection).order_by("pk").iterator(chunk_size=CHUNK):
        yield {
            "file_name": row.file_name,
            "sha256": row.file_sha256,
            "kind": row.kind,
            "division_code": row.division_code,
            "imported_on": row.created_at.date(),
            "who": row.actor_label,
            "attribution": row.attribution,
        }


IMPORTED_FILES: Final = ExportSource(
    key="imported-files",
    label=_("imported files"),
    fields=(
        field("file_name", "文件名", "file name"),
        field("sha256", "SHA-256", "fingerprint", CODE),
        field("kind", "种类", "kind"),
        field("division_code", "区划代码", "division code", CODE),
        field("imported_on", "导入日期", "imported on", DATE),
        field("who", "经办", "by whom"),
        field("attribution", "来源与许可", "origin and licence"),
    ),
    count=lambda selection: int(_batches(selection).count()),
    persons=lambda selection: 0,
    rows=_rows,
    is_offered=False,
)
