"""Static files of a production deployment: collected once a version, hashed and compressed."""

from importlib.metadata import version

from django.conf import settings
from django.core.management import call_command


def collect_if_stale() -> bool:
    """Collect static files when this version has not done so; returns whether it did.

    The settings choose the hashed storage when its manifest exists, so a fresh collection takes effect in the
    worker processes, which start afterwards.
    """
    stamp = settings.STATIC_ROOT / "collected-version"
    current = version("xiaoyuan")
    if stamp.exists() and stamp.read_text() == current:
        return False
    settings.STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(current)
    return True
