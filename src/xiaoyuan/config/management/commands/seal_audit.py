"""`xiaoyuan seal-audit`: chain the committed entries of the audit log, once or every second."""

import threading
from signal import SIGINT, SIGTERM, signal
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from xiaoyuan.audit.actions import forget_old_keys, seal_committed


class Command(BaseCommand):
    help = "Chain the committed entries of the audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=0, metavar="SECONDS", help="go on until stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["every"]:
            forget_old_keys(now=timezone.now())
            self.stdout.write(f"{seal_committed(now=timezone.now())} entries sealed")
            return
        stop = threading.Event()
        for number in (SIGINT, SIGTERM):
            signal(number, lambda *_: stop.set())
        logger = structlog.get_logger("xiaoyuan.sealer")
        while not stop.wait(options["every"]):
            try:
                seal_committed(now=timezone.now())
            except DatabaseError as error:
                # The alarm of unsealed entries says so too; the sealer must outlive a database restart.
                logger.warning("sealing failed, trying again", kind=type(error).__name__)
                close_old_connections()
