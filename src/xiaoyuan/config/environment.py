"""Typed reading of the environment that fails loudly; only the settings module uses it.

Values come from the process environment first, then from `settings.env` in the data folder, which
`xiaoyuan init` writes.
"""

import os
from pathlib import Path
from typing import Final

PREFIX: Final = "XIAOYUAN_"


class SettingError(Exception):
    """A setting whose value cannot be used."""


class Environment:
    """The settings a deployment was started with."""

    def __init__(self, data_dir: Path) -> None:
        self._file = _read_file(data_dir / "settings.env")

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return os.environ.get(PREFIX + name, self._file.get(PREFIX + name, default))

    def integer(self, name: str, default: int) -> int:
        """Return an integer; raises `SettingError`."""
        value = self.text(name, str(default))
        try:
            return int(value)
        except ValueError:
            raise SettingError(f"{PREFIX}{name} must be a whole number, not “{value}”.") from None

    def flag(self, name: str, default: bool) -> bool:
        """Return a yes or no, spelled 1/0, true/false or yes/no; raises `SettingError`."""
        value = self.text(name, "1" if default else "0").lower()
        if value in ("1", "true", "yes"):
            return True
        if value in ("0", "false", "no", ""):
            return False
        raise SettingError(f"{PREFIX}{name} must be yes or no, not “{value}”.")

    def words(self, name: str, default: str = "") -> list[str]:
        """Return a comma-separated list."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]


def data_dir() -> Path:
    """Return the folder that holds everything a deployment owns."""
    return Path(os.environ.get(PREFIX + "DATA_DIR", "var")).resolve()


def _read_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, value = line.partition("=")
            pairs[name.strip()] = value.strip()
    return pairs
