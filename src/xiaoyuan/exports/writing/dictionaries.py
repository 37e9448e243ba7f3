"""What each table and column of an archive means, for programs (CSV) and for people (Markdown)."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from xiaoyuan.exports.sources import ExportField, ExportSource, FieldKind
from xiaoyuan.exports.writing.typed import EXTRA_FIELD
from xiaoyuan.exports.writing.watermarks import Mark

OSM_LICENCE: Final = "ODbL 1.0, https://www.openstreetmap.org/copyright"
_KINDS: Final = {
    FieldKind.TEXT: ("文本", "text"),
    FieldKind.CODE: ("编码(文本)", "code, kept as text"),
    FieldKind.INTEGER: ("整数", "integer"),
    FieldKind.DECIMAL: ("小数", "decimal"),
    FieldKind.DATE: ("日期", "date"),
    FieldKind.BOOLEAN: ("是否", "boolean"),
}
_HEADINGS: Final = (
    "表 table", "表名 title", "列 column", "列名 label", "英文名 english", "类型 type", "单位 unit",
    "是否个人信息 personal", "代码表 code list", "其他列名 also called",
)  # fmt: skip


def _lines(sources: Sequence[ExportSource]) -> Iterator[tuple[str, ...]]:
    for source in sources:
        for one in (*source.fields, EXTRA_FIELD):
            yield (
                source.key,
                str(source.label),
                one.key,
                one.label,
                one.english,
                " ".join(_KINDS[one.kind]),
                one.unit,
                "是 yes" if one.mask is not None else "否 no",
                _codes(one),
                "、".join(one.aliases),
            )


def _codes(one: ExportField) -> str:
    return "; ".join(f"{code}={word}" for code, word in one.codes.items())


def dictionary_csv(sources: Sequence[ExportSource], counts: Mapping[str, int]) -> str:
    """Return the dictionary, one line a column."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*_HEADINGS, "行数 rows"))
    for line in _lines(sources):
        writer.writerow((*line, counts.get(line[0], 0)))
    return out.getvalue()


def dictionary_markdown(sources: Sequence[ExportSource], counts: Mapping[str, int]) -> str:
    """Return the dictionary as text with a table for each table."""
    parts = ["# 数据字典 Data dictionary\n"]
    for source in sources:
        with override("en"):
            english = str(source.label)
        with override("zh-hans"):
            chinese = str(source.label)
        parts.append(f"\n## {chinese} · {english} (`{source.key}`)\n")
        shape = " · places.gpkg EPSG:4490" if source.geometry else ""
        parts.append(f"\n{counts.get(source.key, 0)} 行 rows{shape}\n")
        parts.append("\n| 列 column | 列名 label | english | 类型 type | 单位 unit | 代码 codes |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        for one in (*source.fields, EXTRA_FIELD):
            kind = " ".join(_KINDS[one.kind])
            cells = (f"`{one.key}`", one.label, one.english, kind, one.unit, _codes(one))
            parts.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |\n")
    return "".join(parts)


def readme(mark: Mark, attributions: Sequence[str], *, is_masked: bool) -> str:
    """Return what is in the archive, where it came from, and under which licence."""
    title, licence_title = _("Archive of everything recorded here"), _("Licence and origin")
    contents = {
        "places.gpkg": _("places with their shapes, CGCS2000 (EPSG:4490); QGIS opens it"),
        "csv/": _("each table, UTF-8; a text that a program might run has an apostrophe before it"),
        "parquet/": _("each table with types"),
        "dictionary.csv, dictionary.md": _("what each column means"),
        "manifest.json": _("every file with its SHA-256"),
    }
    parts = [f"# {title}\n\n", mark.text, "\n"]
    parts += [f"- {name}: {text}\n" for name, text in contents.items()]
    if is_masked:
        masked = _("Personal values are masked.")
        parts.append(f"\n{masked}\n")
    owner = _("The records belong to the village that keeps them.")
    parts.append(f"\n## {licence_title}\n\n{owner}\n")
    for one in attributions:
        licence = f" ({OSM_LICENCE})" if "openstreetmap" in one.lower() else ""
        parts.append(f"- {one}{licence}\n")
    return "".join(parts)
