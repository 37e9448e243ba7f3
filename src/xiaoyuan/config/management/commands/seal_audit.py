"""`xiaoyuan seal-audit`: chain the committed entries of the audit log, once or every second."""

import threading
from signal import SIGINT, SIGTERM, signal
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import forget_old_keys, seal_committed
from xiaoyuan.audit.heads import FILE_NAME, keep_head
from xiaoyuan.lib.chain import Head

logger = structlog.get_logger("xiaoyuan.sealer")


class Command(BaseCommand):
    help = "Chain the committed entries of the audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=0, metavar="SECONDS", help="go on until stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["every"]:
            forget_old_keys(now=timezone.now())
            self.stdout.write(_("%(count)d entries sealed.") % {"count": _seal()})
            return
        stop = threading.Event()
        for number in (SIGINT, SIGTERM):
            signal(number, lambda *_: stop.set())
        while not stop.wait(options["every"]):
            try:
                _seal()
            except (DatabaseError, OSError) as error:
                # The alarm of unsealed entries says so too; the sealer must outlive a database restart.
                logger.warning("sealing failed, trying again", kind=type(error).__name__)
                close_old_connections()


def _seal() -> int:
    return seal_committed(now=timezone.now(), on_head=_keep)


def _keep(county_id: int, head: Head) -> None:
    if not keep_head(settings.DATA_DIR / FILE_NAME, county_id, head):
        logger.error("the end of the audit log was cut off, run verify-audit", county_id=county_id)
