"""`xiaoyuan issue-plates CODE`: plan a plate for each courtyard that has none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.doorplates.actions import issue_plates
from xiaoyuan.doorplates.errors import DoorplateError
from xiaoyuan.doorplates.queries import courtyards_without_plate
from xiaoyuan.register.access import access_division
from xiaoyuan.register.errors import RegisterError


class Command(BaseCommand):
    help = "Plan one doorplate for each courtyard of a division that has none. Run again, it changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103 or 520502103003")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        try:
            division = access_division(options["code"])
            with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task(
                    _("doorplates"), total=courtyards_without_plate(division.code).count()
                )
                issued = issue_plates(
                    division_code=division.code,
                    actor=command_actor("issue-plates"),
                    now=timezone.now(),
                    on_progress=lambda batch: progress.advance(task, batch),
                )
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        except (DoorplateError, RegisterError) as refusal:
            raise CommandError(str(refusal)) from None
        if options["verbosity"]:
            self.stdout.write(
                _("%(count)d plates planned in %(name)s.") % {"count": issued, "name": division.name}
            )
