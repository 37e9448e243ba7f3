"""`xiaoyuan export-archive --division CODE --out FILE`: everything a division owns in one zip.

It lives in config because only config knows which rows the domains offer.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import HeldGrant, Viewer
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config.database import require_people
from xiaoyuan.exports.actions import ARCHIVE_KEY, Wish, fetch_export, request_export
from xiaoyuan.exports.errors import ExportRefused
from xiaoyuan.exports.making import make_export
from xiaoyuan.exports.models import ExportFormat, ExportStatus
from xiaoyuan.register.access import access_division
from xiaoyuan.register.errors import UnknownDivision
from xiaoyuan.register.models import County
from xiaoyuan.vault.errors import ReasonNeeded


class Command(BaseCommand):
    help = "Write everything a division owns into one zip: GeoPackage, CSV, Parquet, a data dictionary."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--division", required=True, metavar="CODE", help="village or wider division")
        parser.add_argument("--out", required=True, metavar="FILE", type=Path, help="the zip to write")
        parser.add_argument(
            "--unmasked", action="store_true", help="personal values in the clear; needs --reason"
        )
        parser.add_argument("--reason", default="", help="what it is for: stands in the file and in the log")
        parser.add_argument("--sample", action="store_true", help="the sample rows instead of real ones")

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["out"]
        if target.exists():
            raise CommandError(_("There is already a file %(file)s. Choose another name.") % {"file": target})
        if not target.parent.is_dir():
            raise CommandError(_("There is no folder %(folder)s.") % {"folder": target.parent})
        require_people()
        now = timezone.now()
        # Who runs commands on the machine has its key file: asked for in the log, waiting for nobody.
        viewer = Viewer(
            command_actor("export-archive"),
            grants=(HeldGrant(Role.COUNTY_OFFICER, ScopeKind.DIVISION, ""),),
        )
        try:
            division = access_division(options["division"])
            county = County.objects.filter(code=division.code[:6]).first()
            if county is None:
                raise CommandError(_("Nothing is recorded in this county yet."))
            wish = Wish(
                source_key=ARCHIVE_KEY,
                format=ExportFormat.ARCHIVE,
                county_id=county.pk,
                division_code=division.code,
                place=division.name,
                is_sample=options["sample"],
                is_masked=not options["unmasked"],
                reason=options["reason"],
            )
            request = request_export(wish=wish, viewer=viewer, now=now)
            if request.status == ExportStatus.QUEUED:
                make_export(request.pk, now=timezone.now())  # now: nobody waits for a worker
                request.refresh_from_db()
        except NotFound:
            raise CommandError(str(UnknownDivision(options["division"]))) from None
        except (ExportRefused, ReasonNeeded) as refusal:
            raise CommandError(str(refusal)) from None
        if request.status != ExportStatus.READY:
            raise CommandError(request.failure)
        with target.open("xb") as out:
            target.chmod(0o600)
            for block in fetch_export(request=request, viewer=viewer, now=timezone.now()):
                out.write(block)
        if options["verbosity"]:
            self.stdout.write(
                _("%(file)s holds %(rows)d rows. SHA-256 %(sha256)s")
                % {"file": target, "rows": request.row_count, "sha256": request.file_sha256}
            )
