"""What of a workbook outside its sheet has to follow: names, other sheets' formulas, charts, tables, stored results."""

import re
from collections.abc import Callable
from xml.dom import minidom

from xiaoyuan.exports.writing.packages import (
    CONTENT_TYPES,
    Package,
    escaped,
    insert_after,
    make,
    named,
    relations_of,
    target_of,
    unescaped,
)
from xiaoyuan.exports.writing.references import RowShift, moved_formula, moved_name, moved_range


def adjust_workbook(package: Package, sheet: str, part: str, shift: RowShift) -> None:
    """Let names, other sheets, charts, tables and pictures follow the rows; formulas are calculated when opened."""
    workbook = package.document(package.workbook_part)
    for name in named(workbook, "definedName"):
        text = "".join(node.data for node in name.childNodes if isinstance(node, minidom.Text))
        while name.firstChild is not None:
            name.removeChild(name.firstChild)
        name.appendChild(workbook.createTextNode(moved_name(text, shift, sheet=sheet)))
    _calculate_on_opening(workbook)
    package.replace(package.workbook_part, workbook)
    _drop_chain(package)
    for kind, target in _relations(package, part):
        if kind == "table":
            _rewrite(package, target, r'(\bref=")([^"]+)(")', lambda text: moved_range(text, shift.grown))
        elif kind == "drawing":
            pattern = r"(<(?:\w+:)?row>)(\d+)(</)"
            _rewrite(package, target, pattern, lambda text: str(shift.row(int(text) + 1) - 1))
    if not shift.added:
        return
    for other in package.sheets.values():
        if other != part:
            pattern = r"(<(?:\w+:)?f\b[^>/]*>)([^<]+)(<)"
            _rewrite(
                package,
                other,
                pattern,
                lambda text: moved_formula(text, shift, sheet=sheet, is_on_sheet=False),
            )
    for chart in package.zip.namelist():
        if re.fullmatch(r"xl/charts/chart\d+\.xml", chart):
            pattern = r"(<(?:\w+:)?f>)([^<]+)(<)"
            _rewrite(package, chart, pattern, lambda text: moved_name(text, shift, sheet=sheet))


def _rewrite(package: Package, part: str, pattern: str, change: Callable[[str], str]) -> None:
    if not package.has(part):
        return
    before = package.text(part)

    def one(found: "re.Match[str]") -> str:
        return f"{found[1]}{escaped(change(unescaped(found[2])))}{found[3]}"

    after = re.sub(pattern, one, before)
    if after != before:
        package.replaced[part] = after.encode()


def _relations(package: Package, part: str) -> list[tuple[str, str]]:
    listing = relations_of(part)
    if not package.has(listing):
        return []
    return [
        (one.getAttribute("Type").rpartition("/")[2], target_of(part, one.getAttribute("Target")))
        for one in named(package.document(listing), "Relationship")
        if one.getAttribute("TargetMode") != "External"
    ]


def _calculate_on_opening(workbook: minidom.Document) -> None:
    root = workbook.documentElement
    assert root is not None
    found = named(workbook, "calcPr")
    if found:
        found[0].setAttribute("fullCalcOnLoad", "1")
        return
    element = make(root, "calcPr", fullCalcOnLoad="1")
    insert_after(root, element, ("sheets", "functionGroups", "externalReferences", "definedNames"))


def _drop_chain(package: Package) -> None:
    """The order of calculation names cells that moved; programs make it anew."""
    listing = relations_of(package.workbook_part)
    relations = package.document(listing)
    for one in named(relations, "Relationship"):
        if not one.getAttribute("Type").endswith("/calcChain"):
            continue
        part = target_of(package.workbook_part, one.getAttribute("Target"))
        package.remove(part)
        assert one.parentNode is not None
        one.parentNode.removeChild(one)
        package.replace(listing, relations)
        types = package.document(CONTENT_TYPES)
        for override in named(types, "Override"):
            if override.getAttribute("PartName").lstrip("/") == part:
                assert override.parentNode is not None
                override.parentNode.removeChild(override)
        package.replace(CONTENT_TYPES, types)
