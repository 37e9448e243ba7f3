"""`xiaoyuan verify-audit`: prove every county's chain, or export it for an outsider to prove."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from xiaoyuan.audit.heads import FILE_NAME, read_heads
from xiaoyuan.audit.queries import links, sealed_counties, verify_county


class Command(BaseCommand):
    help = "Prove the audit log's chain of every county."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--export", type=Path, metavar="FOLDER", help="write one JSON-lines file a county"
        )
        parser.add_argument(
            "--heads",
            type=Path,
            metavar="FILE",
            help=f"a copy of {FILE_NAME} that was kept elsewhere (default: the one in the data folder)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["heads"] and not options["heads"].is_file():
            raise CommandError(_("There is no file %(file)s.") % {"file": options["heads"]})
        heads = read_heads(options["heads"] or settings.DATA_DIR / FILE_NAME)
        broken = 0
        for county_id in sorted({*sealed_counties(), *heads}):
            verdict = verify_county(county_id, heads.get(county_id))
            broken += not verdict.is_whole
            state = _("whole") if verdict.is_whole else _("BROKEN: %(reason)s") % {"reason": verdict.reason}
            self.stdout.write(
                _("county %(county)s: %(links)d links, %(state)s")
                % {"county": county_id, "links": verdict.links, "state": state}
            )
            if options["export"]:
                self._export(options["export"], county_id)
        if broken:
            raise CommandError(
                _("%(count)d chains are broken: the log was tampered with or damaged.") % {"count": broken}
            )

    def _export(self, folder: Path, county_id: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"audit-{county_id}.jsonl").open("w", encoding="utf-8") as file:
            for sequence, seal, entry in links(county_id):
                file.write(
                    json.dumps({"sequence": sequence, "hash": seal, "entry": entry}, ensure_ascii=False)
                    + "\n"
                )
