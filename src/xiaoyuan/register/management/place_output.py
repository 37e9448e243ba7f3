"""What an import of a map file shows: before, which field becomes what; after, what became of each feature."""

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from xiaoyuan.intake.models import Verdict
from xiaoyuan.register.imports.place_fields import BUILDINGS
from xiaoyuan.register.imports.place_plan import ImportPlan, PlannedLayer
from xiaoyuan.register.imports.places import MODELS, LayerReport, addresses_of
from xiaoyuan.register.imports.source_layers import Reason
from xiaoyuan.register.management.output import table

_SAMPLES = 3
_UNKNOWN_SHOWN = 12


def preview(plan: ImportPlan) -> str:
    """Return tables of layers, fields and everything left out; personal fields without their values."""
    layers = [
        (
            layer.source.name,
            _label(layer.table),
            layer.source.read,
            len(layer.rows),
            sum(layer.reasons().values()),
            layer.source.crs,
        )
        for layer in plan.layers
    ]
    parts = [
        table(
            _("Layers"),
            [_("layer"), _("becomes"), _("read"), _("taken over"), _("left out"), _("coordinate system")],
            layers,
        )
    ]
    for layer in plan.layers:
        title = _("Fields of %(layer)s") % {"layer": layer.source.name}
        headers = [_("field"), _("becomes"), _("filled"), _("examples")]
        parts.append(table(title, headers, list(_fields(layer))))
        parts += _remarks(layer, plan)
    parts += _left_out([(layer.source.name, layer.table, layer.reasons()) for layer in plan.layers])
    parts += _unknown_layers(plan)
    parts.append(_("Nothing was written: this was a preview."))
    return "\n".join(parts)


def result(plan: ImportPlan, reports: list[LayerReport]) -> str:
    """Return the closing tables: rows by what became of them, and what was left out by reason."""
    rows = []
    for report in reports:
        counts = [
            report.verdict(verdict) for verdict in (Verdict.NEW, Verdict.CHANGED, Verdict.SAME, Verdict.ERROR)
        ]
        rows.append(
            (
                report.sheet,
                _label(report.table),
                report.read,
                *counts,
                sum(report.left_out.values()),
                report.repaired,
            )
        )
    parts = [
        table(
            f"{plan.file.name} → {plan.division}",
            [
                _("layer"),
                _("became"),
                _("read"),
                *(
                    str(verdict.label)
                    for verdict in (Verdict.NEW, Verdict.CHANGED, Verdict.SAME, Verdict.ERROR)
                ),
                _("left out"),
                _("repaired"),
            ],
            rows,
        )
    ]
    parts += _left_out([(report.sheet, report.table, report.left_out) for report in reports])
    for layer in plan.layers:
        parts += _said(layer)
    for report in reports:
        made = report.table_report.courtyards
        if made:
            parts.append(
                _("Courtyards from addresses: %(new)d new, %(changed)d changed, %(same)d unchanged.")
                % {"new": made[Verdict.NEW], "changed": made[Verdict.CHANGED], "same": made[Verdict.SAME]}
            )
        if report.table_report.linked:
            parts.append(_("Buildings in a courtyard: %(count)d.") % {"count": report.table_report.linked})
        if report.unknown:
            parts.append(_not_understood(report.sheet, report.unknown.most_common()))
    parts += _unknown_layers(plan)
    return "\n".join(parts)


def _label(name: str) -> str:
    return str(MODELS[name]._meta.verbose_name_plural) if name in MODELS else _("outlines")


def _fields(layer: PlannedLayer) -> Iterator[tuple[str, str, int, str]]:
    columns = layer.source.columns
    for ours, theirs in layer.fields.targets.items():
        yield theirs, ours, _filled(columns[theirs]), _examples(columns[theirs])
    for name in layer.fields.notes:
        yield name, _("kept as a note"), _filled(columns[name]), _examples(columns[name])
    for name in layer.fields.personal:
        yield name, _("left out: may be personal, use a ledger"), _filled(columns[name]), ""
    for name in layer.fields.ignored:
        yield name, _("left out as you asked"), _filled(columns[name]), ""


def _filled(column: list[object]) -> int:
    return sum(value is not None for value in column)


def _examples(column: list[object]) -> str:
    found = dict.fromkeys(str(value) for value in column if value is not None)
    return ", ".join(list(found)[:_SAMPLES])[:60]


def _remarks(layer: PlannedLayer, plan: ImportPlan) -> list[str]:
    remarks = _said(layer)
    repaired = int(layer.is_repaired.sum())
    if repaired:
        remarks.append(_("Shapes whose rings are repaired: %(count)d.") % {"count": repaired})
    if layer.source.accuracy_m is not None and layer.source.accuracy_m > 1:
        remarks.append(
            _("The change of coordinate system is accurate to %(metres)g m.")
            % {"metres": layer.source.accuracy_m}
        )
    if layer.parsed.unknown:
        remarks.append(_not_understood(layer.source.name, layer.parsed.unknown.most_common()))
    if layer.table == BUILDINGS:
        addresses = sum(
            address is not None for address in addresses_of(layer.parsed.columns, len(layer.source))
        )
        if addresses and plan.makes_courtyards:
            remarks.append(_("%(count)d buildings with an address become courtyards.") % {"count": addresses})
        elif addresses:
            remarks.append(
                _("%(count)d buildings carry an address; --courtyards-from-address makes courtyards of them.")
                % {"count": addresses}
            )
    return remarks


def _said(layer: PlannedLayer) -> list[str]:
    return [f"{layer.source.name}: {remark}" for remark in layer.source.remarks]


def _not_understood(sheet: str, unknown: list[tuple[tuple[str, str], int]]) -> str:
    shown = ", ".join(f"{name}={value} ×{count}" for (name, value), count in unknown[:_UNKNOWN_SHOWN])
    more = "" if len(unknown) <= _UNKNOWN_SHOWN else " …"
    return _("Values of %(layer)s that were not understood and stay empty: %(values)s") % {
        "layer": sheet,
        "values": shown + more,
    }


def _left_out(layers: list[tuple[str, str, Counter[Reason]]]) -> list[str]:
    rows = [
        (sheet, _label(target), reason.text, count)
        for sheet, target, reasons in layers
        for reason, count in reasons.items()
    ]
    return [table(_("Left out"), [_("layer"), _("table"), _("reason"), _("count")], rows)] if rows else []


def _unknown_layers(plan: ImportPlan) -> list[str]:
    return [
        _(
            "Layer %(name)s (%(count)d features) is left out: it is not clear what it is; use --layer and --as."
        )
        % {"name": name, "count": count}
        for name, count in plan.unknown_layers
    ]
