"""What an operator must act on: faults that stop the service and omissions that will hurt later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaoyuan.audit.queries import unsealed_too_long
from xiaoyuan.exports.queries import waiting_count

BACKUP_AGE: Final = timedelta(days=7)


@dataclass(frozen=True)
class Alarm:
    """One thing to act on; `is_fault` means that the service must not be trusted until it is mended."""

    id: str
    text: str
    is_fault: bool


def alarms(now: datetime) -> list[Alarm]:
    """Return what needs an operator's hand. Two queries; no secret in any text."""
    found = []
    if not key_file_is_there():
        found.append(
            Alarm(
                "key_file",
                _("The vault's key file is missing. Restore it from its own backup."),
                is_fault=True,
            )
        )
    waiting = unsealed_too_long(now)
    if waiting:
        text = _("%(count)d entries of the log wait for their seal. Run “xiaoyuan seal-audit”.")
        found.append(Alarm("unsealed", text % {"count": waiting}, is_fault=True))
    held = waiting_count()
    if held:
        text = ngettext(
            "%(count)d export of many people waits for a second person or for 24 hours to pass.",
            "%(count)d exports of many people wait for a second person or for 24 hours to pass.",
            held,
        )
        found.append(Alarm("exports", text % {"count": held}, is_fault=False))
    if not settings.IS_DEMO and not _has_fresh_backup(now):
        found.append(
            Alarm(
                "backup",
                _("No backup of the last seven days lies in the folder for backups."),
                is_fault=False,
            )
        )
    return found


def key_file_is_there() -> bool:
    """Whether the vault can be opened; a demo makes its key file at first use."""
    return Path(settings.VAULT_KEY_FILE).exists() or bool(settings.VAULT_CREATE_KEYS)


def _has_fresh_backup(now: datetime) -> bool:
    folder = Path(settings.DATA_DIR) / "backups"
    if not folder.is_dir():
        return False
    oldest = (now - BACKUP_AGE).timestamp()
    return any(file.stat().st_mtime >= oldest for file in folder.iterdir())
