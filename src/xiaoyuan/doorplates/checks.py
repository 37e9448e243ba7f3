"""Says at set-up, not at the first sheet, that a machine cannot print plates."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning

from xiaoyuan.lib.fonts import FontMissing, chinese_font, package_folder


def check_print_font(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """A Chinese typeface for print is installed (doorplates.W001)."""
    if package_folder() is not None:
        return []  # without looking through all typefaces of the system at every command
    try:
        chinese_font()
    except FontMissing as missing:
        return [Warning(str(missing), hint="Doorplates cannot be printed until then.", id="doorplates.W001")]
    return []
