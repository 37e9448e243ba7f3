"""Static files of a production deployment: collected once an installation, hashed and compressed."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.utils.translation import gettext as _


def collect_if_stale(*, tell: Callable[[str], object]) -> bool:
    """Collect static files when this installation has not done so, after telling so; returns whether it did.

    The settings choose the hashed storage when its manifest exists, so a fresh collection takes effect in the
    worker processes, which start afterwards.
    """
    stamp = settings.STATIC_ROOT / "collected-version"
    current = _installation()
    if stamp.exists() and stamp.read_text() == current:
        return False
    tell(_("preparing the static files of this installation, about a minute …"))
    settings.STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(current)
    return True


def _installation() -> str:
    """Return what differs between installations: the version, and the newest file, because a version may be rebuilt."""
    newest = max(
        Path(storage.path(name)).stat().st_mtime_ns
        for finder in get_finders()
        for name, storage in finder.list([])
    )
    return f"{version('xiaoyuan')} {newest}"
