"""`xiaoyuan serve`: granian in front of Django, with the audit sealer and the worker for long jobs beside it."""

import os
import signal
import sys
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.utils import timezone
from django.utils.translation import gettext as _
from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from xiaoyuan.config.companions import Companions
from xiaoyuan.config.local_tls import LocalCertificates, TlsNameRefused, ensure_certificates, spaced
from xiaoyuan.config.static_files import collect_if_stale

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
TLS_FOLDER: Final = "tls"


class Command(BaseCommand):
    help = "Run the server."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)
        parser.add_argument(
            "--tls",
            nargs="+",
            metavar="NAME",
            default=[],
            help=_("Serve HTTPS with a local certificate for these host names and addresses."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_DEMO and options["host"] not in LOOPBACK:
            raise CommandError(_("A demo, whose passwords everybody knows, is served on this machine only."))
        call_command("migrate", check_unapplied=True, verbosity=0)
        if not settings.IS_DEMO:
            self.check(databases=["default"])
            _refuse_other_role()
            collect_if_stale(tell=self.stdout.write)
        certificates = self._certificates(options["tls"])
        # Without it whitenoise warns in every worker; a demo serves static files from the package.
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        # A stop of the service must end the companions too.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
        # Workers are forked: none may inherit a connection that another one has too.
        connections.close_all()
        with Companions(("seal-audit", "--every", "1"), ("run-jobs",)):
            Granian(
                "xiaoyuan.config.wsgi:application",
                address=options["host"],
                port=options["port"],
                interface=Interfaces.WSGI,
                workers=options["workers"],
                # More blocking threads only fight over the interpreter lock.
                blocking_threads=1,
                websockets=False,
                ssl_cert=certificates.certificate if certificates else None,
                ssl_key=certificates.key if certificates else None,
                # Phones of people who keep a phone for ten years.
                ssl_protocol_min=SSLProtocols.tls12,
                log_access=False,
                # In a demo its lines would push the first walk away.
                log_level=LogLevels.warning if settings.IS_DEMO else LogLevels.info,
            ).serve()

    def _certificates(self, names: list[str]) -> LocalCertificates | None:
        """Make sure of the local certificate, and let cookies travel by HTTPS only."""
        if not names:
            return None
        try:
            made = ensure_certificates(settings.DATA_DIR / TLS_FOLDER, names, timezone.now())
        except TlsNameRefused as error:
            raise CommandError(str(error)) from None
        # Workers are forked after this: they have the same settings.
        for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE"):
            setattr(settings, name, True)
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, *names]
        if made.is_new_authority:
            self.stdout.write(
                _("A new local authority was made: every phone has to install it, at /install/.")
            )
        self.stdout.write(_("Its SHA-256 fingerprint: %(print)s") % {"print": spaced(made.fingerprint)})
        return made


def _refuse_other_role() -> None:
    """Serve on PostgreSQL as the role that is meant to: its owner would pass the row security unseen."""
    if not settings.SERVING_ROLE or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
    if role != settings.SERVING_ROLE:
        raise CommandError(
            _(
                "The database is used as %(role)s, but XIAOYUAN_SERVING_ROLE says %(wanted)s. Serve as that role."
            )
            % {"role": role, "wanted": settings.SERVING_ROLE}
        )
