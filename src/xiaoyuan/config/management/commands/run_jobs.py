"""`xiaoyuan run-jobs`: do the long work that pages queued (imports, exports), as a child of `serve`."""

from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser

from xiaoyuan.config.database import require_people
from xiaoyuan.config.jobs import do_jobs


class Command(BaseCommand):
    help = "Do the long work that pages queued: imports and exports."
    # Checking routes would load every page and what pages need: a third of the memory.
    requires_system_checks = [Tags.security]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1, metavar="SECONDS", help="how often to look")
        parser.add_argument("--once", action="store_true", help="end when nothing is queued")

    def handle(self, *args: Any, **options: Any) -> None:
        require_people()
        do_jobs(interval=options["every"], is_batch=options["once"])
