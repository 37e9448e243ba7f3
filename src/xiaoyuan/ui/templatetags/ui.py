"""Tags and filters of the components: division codes, amounts, bundles of the viewer."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.lib import divisions
from xiaoyuan.lib.place_names import short_name

register = template.Library()

VIEWER: Final = Path(__file__).resolve().parents[1] / "static" / "viewer"
NO_VALUE: Final = "—"


@register.filter
def padded(code: str) -> str:
    """Show a division code with its 12 digits."""
    return divisions.pad(code)


@register.filter
def short(name: str) -> str:
    """Show a village's name as people say it, without its committee."""
    return short_name(name)


@register.filter
def amount(value: object) -> str:
    """Show a number grouped by three, a text as it is, and a dash for what is not known."""
    if value is None or value == "":
        return NO_VALUE
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        whole = int(value) if float(value).is_integer() else value
        return number_format(whole, use_l10n=True, force_grouping=True)
    return str(value)


@register.filter
def plain(value: object) -> str:
    """Show a number without grouping: years, row numbers, ids."""
    return NO_VALUE if value is None else str(value)


@register.filter
def lookup(table: Mapping[Any, Any], key: object) -> Any:
    """Return what a table holds under a key, or nothing."""
    return table.get(key, "")


@register.filter
def actor(label: str) -> str:
    """Show who did something: people by their name, programs in words."""
    if label == SYSTEM.label:
        return gettext("the system")
    command, _space, name = label.partition(" ")
    return gettext("command line: %(name)s") % {"name": name} if command == "command" and name else label


@lru_cache(maxsize=1)
def _manifest(changed_ns: int) -> dict[str, Any]:
    path = VIEWER / ".vite" / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def viewer_files(entry: str) -> tuple[list[str], str]:
    """Return `(styles, script)` of an entry of the viewer's Vite manifest; raises `KeyError` for an unknown one.

    The addresses bypass the static storage on purpose: Vite already put the content's hash into the names, and
    a second name for the same module would load it twice.
    """
    styles, scripts = viewer_parts(entry)
    return styles, scripts[0]


def viewer_parts(entry: str) -> tuple[list[str], list[str]]:
    """Return `(styles, scripts)` of an entry with all that it imports at once, its own script first."""
    manifest = _manifest((VIEWER / ".vite" / "manifest.json").stat().st_mtime_ns)
    base = f"{settings.STATIC_URL}viewer/"
    styles: list[str] = []
    waiting, seen = [entry], list[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.append(name)
        styles += manifest[name].get("css", [])
        waiting += manifest[name].get("imports", [])
    return [base + style for style in styles], [base + manifest[name]["file"] for name in seen]


@register.simple_tag
def viewer_entry(entry: str) -> SafeString:
    """Load a bundle of the viewer with its styles."""
    styles, script = viewer_files(entry)
    links = format_html_join("\n", '<link rel="stylesheet" href="{}">', ((style,) for style in styles))
    return format_html('{}\n<script type="module" src="{}"></script>', links, script)
