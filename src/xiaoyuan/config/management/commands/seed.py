"""`xiaoyuan seed`: write, import and build the sample town."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config import sample_town


class Command(BaseCommand):
    help = "Write the sample town's files, import them by the commands a user runs, and build its scene."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError(
                "A production deployment takes no sample town. Set XIAOYUAN_MODE=demo elsewhere."
            )
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        if sample_town.is_ready():
            self.stdout.write("The sample town stands already.")
            return
        all_steps = list(sample_town.steps(command_actor("seed"), timezone.now()))
        columns = (
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} {task.description}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("", total=len(all_steps))
            for text, do in all_steps:
                progress.update(task, description=text)
                do()
                progress.advance(task)
        self.stdout.write("The sample town stands.")
