"""`xiaoyuan issue-plates CODE`: plan a plate for each courtyard that has none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.doorplates.actions import issue_plates
from xiaoyuan.doorplates.errors import DoorplateError
from xiaoyuan.doorplates.queries import courtyards_without_plate
from xiaoyuan.register.access import access_division
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.management.output import progress_bar


class Command(BaseCommand):
    help = "Plan one doorplate for each courtyard of a division that has none. Run again, it changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103 or 520502103003")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["code"])
            total, done = courtyards_without_plate(division.code).count(), 0
            with progress_bar(_("doorplates")) as tick:

                def count(batch: int) -> None:
                    nonlocal done
                    done += batch
                    tick(done, total)

                issued = issue_plates(
                    division_code=division.code,
                    actor=command_actor("issue-plates"),
                    now=timezone.now(),
                    on_progress=count,
                )
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        except (DoorplateError, RegisterError) as refusal:
            raise CommandError(str(refusal)) from None
        if options["verbosity"]:
            self.stdout.write(
                _("%(count)d plates planned in %(name)s.") % {"count": issued, "name": division.name}
            )
