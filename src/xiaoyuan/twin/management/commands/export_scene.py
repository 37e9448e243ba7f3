"""`xiaoyuan export-scene CODE --format gpkg -o FILE`: the scene of a division as a file for other programs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.register.access import access_division
from xiaoyuan.register.management.output import progress_bar
from xiaoyuan.twin.errors import TwinError
from xiaoyuan.twin.outputs.exporting import OutputFormat, export_scene
from xiaoyuan.twin.outputs.selecting import Wanted, box_of


class Command(BaseCommand):
    help = "Write the public places of a division and all below it for other map programs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103")
        parser.add_argument("--format", required=True, choices=[str(one) for one in OutputFormat])
        parser.add_argument(
            "--bbox", metavar="W,S,E,N", help="only what meets this box in degrees (write --bbox=W,S,E,N)"
        )
        parser.add_argument(
            "--internal", action="store_true", help="with internal layers; restricted ones never"
        )
        parser.add_argument("--terrain", action="store_true", help="of 3dtiles: with the ground, in terrain/")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="is replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["code"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        target = options["output"]
        try:
            wanted = Wanted(
                division,
                timezone.now(),
                box_of(options["bbox"]) if options["bbox"] else None,
                options["internal"],
                options["terrain"],
            )
            with progress_bar(target.name) as tick:
                done = export_scene(
                    wanted=wanted,
                    output=OutputFormat(options["format"]),
                    target=target,
                    actor=command_actor("export-scene"),
                    progress=lambda step, done, total: tick(done, total),
                )
        except TwinError as refusal:
            raise CommandError(str(refusal)) from None
        if options["verbosity"]:
            counts = ", ".join(f"{name} {count:,}" for name, count in done.counts.items())
            self.stdout.write(
                _("%(file)s: %(counts)s; %(size).1f MB")
                % {"file": target.name, "counts": counts, "size": done.size_bytes / 2**20}
            )
