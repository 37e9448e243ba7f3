"""`xiaoyuan import-terrain FILE --division CODE`: keep an elevation model of a division."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.intake.files import source_file
from xiaoyuan.intake.models import Verdict
from xiaoyuan.register.access import access_division
from xiaoyuan.register.actions.terrain import keep_terrain
from xiaoyuan.register.imports.place_plan import box_text
from xiaoyuan.register.imports.terrain import check_terrain
from xiaoyuan.register.management.output import progress_bar, refusals_as_sentences, table


class Command(BaseCommand):
    help = "Keep an elevation model (GeoTIFF, heights in metres) for the scenes of a division."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--division", required=True, metavar="CODE", help="which division it lies under")
        parser.add_argument(
            "--vertical-offset", type=float, default=0.0, metavar="M", help="metres added to every height"
        )
        parser.add_argument("--attribution", default="", help="shown wherever the terrain is shown")
        parser.add_argument("--sample", action="store_true", help="the ground is invented")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            division = access_division(options["division"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["division"]}) from None
        with refusals_as_sentences(), progress_bar(path.name) as tick:
            tick(0, 2)
            checked = check_terrain(path, division=division, vertical_offset_m=options["vertical_offset"])
            tick(1, 2)
            model, verdict = keep_terrain(
                path=path,
                file=source_file(path),
                facts=checked.facts,
                division=division,
                vertical_offset_m=options["vertical_offset"],
                attribution=options["attribution"],
                is_sample=options["sample"],
                actor=command_actor("import-terrain"),
                now=timezone.now(),
            )
        if not options["verbosity"]:
            return
        covered = "?" if checked.coverage is None else f"{checked.coverage:.0%}"
        rows = [
            (_("file"), path.name),
            (_("division"), str(division)),
            (_("coordinate system"), model.crs),
            (_("cell size in metres"), f"{model.cell_m:g}"),
            (_("offset in metres"), f"{model.vertical_offset_m:+g}"),
            (_("bounds"), box_text(checked.facts.bounds)),
            (_("share of the division covered"), covered),
            (_("result"), Verdict(verdict).label),
        ]
        self.stdout.write(table(_("Elevation model"), [_("what"), _("value")], rows))
