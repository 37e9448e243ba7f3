"""`xiaoyuan print-plates CODE --out FILE.pdf`: A4 sheets of doorplates."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.doorplates.errors import DoorplateError
from xiaoyuan.doorplates.print_job import PrintReport, print_plates
from xiaoyuan.register.access import access_division
from xiaoyuan.vault.errors import VaultError


class Command(BaseCommand):
    help = "Write doorplates of 150 x 90 mm on A4 sheets as PDF and mark them printed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103003")
        parser.add_argument(
            "--out", required=True, type=Path, help="the PDF to write; it holds the plates' tokens"
        )
        parser.add_argument(
            "--courtyard", action="append", default=[], help="only this courtyard; may be repeated"
        )
        parser.add_argument("--limit", type=int, help="at most so many plates")
        parser.add_argument(
            "--again", action="store_true", help="also plates that were printed or got damaged"
        )
        parser.add_argument(
            "--proof", action="store_true", help="a trial: marked as such, nothing is marked printed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["code"])
            report = print_plates(
                division=division,
                scope=Scope.below(division.code),
                out=options["out"],
                base_url=settings.PLATE_BASE_URL,
                actor=command_actor("print-plates"),
                now=timezone.now(),
                courtyard_codes=options["courtyard"],
                limit=options["limit"],
                again=options["again"],
                is_proof=options["proof"],
                is_demo=settings.IS_DEMO,
            )
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be written: %(error)s") % {"file": options["out"], "error": error.strerror}
            ) from None
        except (DoorplateError, VaultError) as refusal:
            raise CommandError(str(refusal)) from None
        self._tell(report, options["out"])

    def _tell(self, report: PrintReport, out: Path) -> None:
        self.stdout.write(
            _("%(plates)d plates on %(pages)d sheets in %(file)s; %(marked)d marked printed.")
            % {"plates": report.plates, "pages": report.pages, "file": out, "marked": report.marked}
        )
        if report.left:
            self.stdout.write(_("%(count)d plates are left: run the command again.") % {"count": report.left})
        if report.without_address:
            self.stdout.write(
                _("Left out, because they have no standard address: %(codes)s.")
                % {"codes": ", ".join(report.without_address)}
            )
