"""`xiaoyuan init`: a real deployment with its own keys, division and first operator, and no sample data."""

import os
import secrets
import subprocess
import sys
from argparse import SUPPRESS
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.accounts.models import User
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config.passwords import ask_password
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.errors import UnknownDivision
from xiaoyuan.register.models import Division
from xiaoyuan.vault.keys import create_key_file

_KEPT: Final = ("host", "database_url", "serving_role", "plate_base_url", "behind_proxy")
"""Options that go into the settings file and count only while it is written."""


class Command(BaseCommand):
    help = "Set up a real deployment: keys, database, own division, first operator. No sample data."
    requires_system_checks: list[str] = []  # before it ran, production checks must fail

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--division", required=True, help="code of the own county, town or village")
        parser.add_argument("--divisions-file", action="append", default=[], help="own division list (CSV)")
        parser.add_argument("--operator", required=True, help="user name of the first operator")
        parser.add_argument("--host", action="append", default=[], help="host name under which it is served")
        parser.add_argument("--database-url", default="", help="postgresql://… (SQLite when left out)")
        parser.add_argument("--serving-role", default="", help="PostgreSQL role that serves, not the owner")
        parser.add_argument("--plate-base-url", default="", help="https address printed on doorplates")
        parser.add_argument("--behind-proxy", action="store_true", help="TLS ends at a proxy in front")
        parser.add_argument("--settings-written", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        file = settings.DATA_DIR / "settings.env"
        if file.exists() and settings.IS_DEMO:
            raise CommandError(
                _("%(file)s is there but says demo. Use another XIAOYUAN_DATA_DIR.") % {"file": file.name}
            )
        if not file.exists():
            self._refuse_demo_data()
            self._write_settings(file, options)
            # The rest needs the settings just written, so it runs in a process of its own.
            command = [sys.executable, "-m", "xiaoyuan", *sys.argv[1:], "--settings-written"]
            raise SystemExit(subprocess.run(command).returncode)
        if not options["settings_written"] and any(options[name] for name in _KEPT):
            self.stdout.write(
                _("%(file)s is there already and stays as it is: change hosts and addresses in it by hand.")
                % {"file": file}
            )
        self._set_up(options)

    def _refuse_demo_data(self) -> None:
        if (settings.DATA_DIR / "xiaoyuan.sqlite3").exists():
            raise CommandError(
                _("The data folder %(folder)s holds a demo. Use another XIAOYUAN_DATA_DIR.")
                % {"folder": settings.DATA_DIR}
            )

    def _write_settings(self, file: Path, options: dict[str, Any]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = {
            "MODE": "production",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "DEPLOYMENT_NUMBER": str(2 + secrets.randbelow(65534)),
            "ALLOWED_HOSTS": ",".join(options["host"] or ["localhost"]),
            "DATABASE_URL": options["database_url"],
            "SERVING_ROLE": options["serving_role"],
            "PLATE_BASE_URL": options["plate_base_url"],
            "BEHIND_PROXY": "1" if options["behind_proxy"] else "0",
            "METRICS_TOKEN": secrets.token_urlsafe(24),
        }
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write("# Made by “xiaoyuan init”. Keep it, and back up keys/ apart from the database.\n")
            out.writelines(f"XIAOYUAN_{name}={value}\n" for name, value in lines.items() if value)
        self.stdout.write(_("settings written: %(file)s") % {"file": file})

    def _set_up(self, options: dict[str, Any]) -> None:
        if not settings.VAULT_KEY_FILE.exists():
            create_key_file(settings.VAULT_KEY_FILE)
            self.stdout.write(
                _("vault key made: %(file)s. Back it up apart from the database.")
                % {"file": settings.VAULT_KEY_FILE}
            )
        call_command("migrate", verbosity=0)
        code = divisions.normalise(options["division"])
        if options["divisions_file"]:
            call_command("import_divisions", *options["divisions_file"], origin="county")
        if not Division.objects.filter(code=code).exists() and code.startswith("52"):
            call_command("import_divisions", builtin="guizhou")
        if not Division.objects.filter(code=code).exists():
            raise CommandError(
                _(
                    "There is no division %(code)s. Give your own list with --divisions-file LIST.csv (code,name)."
                )
                % {"code": code}
            )
        try:
            ensure_county(code)
        except UnknownDivision:
            self.stdout.write(_("homes of data are made when the first county's files come in"))
        self._make_operator(options["operator"])
        call_command("check", fail_level="ERROR", databases=["default"])
        if not settings.PLATE_BASE_URL:
            self.stdout.write(
                _("plates cannot be printed before %(file)s names XIAOYUAN_PLATE_BASE_URL=https://…")
                % {"file": settings.DATA_DIR / "settings.env"}
            )
        self.stdout.write(_("ready: run “xiaoyuan serve” behind a proxy with TLS, then sign in"))

    def _make_operator(self, username: str) -> None:
        if User.objects.filter(username=username).exists():
            self.stdout.write(_("operator %(name)s is there already") % {"name": username})
            return
        password = ask_password(username)
        actor, now = command_actor("init"), timezone.now()
        with transaction.atomic():
            user = create_user(
                username=username, password=password, display_name=username, actor=actor, now=now
            )
            grant_role(user=user, role=Role.OPERATOR, scope_key="", actor=actor, now=now)
        self.stdout.write(_("operator %(name)s made") % {"name": username})
