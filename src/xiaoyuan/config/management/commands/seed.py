"""`xiaoyuan seed`: write, import and build the sample town."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config import sample_town


class Command(BaseCommand):
    help = "Write the sample town's files, import them by the commands a user runs, and build its scene."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError(
                _("A production deployment takes no sample town. Use another XIAOYUAN_DATA_DIR for a trial.")
            )
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        if sample_town.is_ready():
            self.stdout.write(_("The sample town stands already."))
            return
        _carry_out(list(sample_town.steps(command_actor("seed"), timezone.now())))
        self.stdout.write(_("The sample town stands."))


def _carry_out(steps: Sequence[sample_town.Step]) -> None:
    """Do the steps in order with a bar; where the error stream is no terminal, with one line a step."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(steps))
        for number, (text, do) in enumerate(steps, start=1):
            progress.update(task, description=text)
            if not console.is_terminal:
                console.print(f"{number}/{len(steps)} {text}")
            do()
            progress.advance(task)
