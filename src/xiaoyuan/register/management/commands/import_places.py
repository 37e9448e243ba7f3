"""`xiaoyuan import-places FILE --division CODE`: buildings, courtyards, land, roads, water and outlines."""

from argparse import BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.register.access import access_division
from xiaoyuan.register.imports.coordinates import read_crs
from xiaoyuan.register.imports.place_fields import LAYER_NAMES
from xiaoyuan.register.imports.place_plan import PlaceOptions, plan_import
from xiaoyuan.register.imports.places import import_places
from xiaoyuan.register.management.output import progress_bar, refusals_as_sentences
from xiaoyuan.register.management.place_output import preview, result


class Command(BaseCommand):
    help = (
        "Import a map file: GeoPackage, GeoJSON, Shapefile, GeoParquet, CityJSON, FlatGeobuf, KML or OpenStreetMap. "
        "The same file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--division", required=True, metavar="CODE", help="where the places lie")
        parser.add_argument("--layer", help="only this layer of the file")
        parser.add_argument("--as", dest="as_table", choices=sorted(LAYER_NAMES), help="what the layer holds")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=OURS",
            help="a field of the file and ours; FIELD=- leaves it out (repeatable)",
        )
        parser.add_argument(
            "--preview", action="store_true", help="show what would be done and write nothing"
        )
        parser.add_argument(
            "--source-crs", metavar="EPSG:n", help="only when the file names none; also GCJ-02 and BD-09"
        )
        parser.add_argument("--attribution", default="", help="shown wherever the data is shown")
        parser.add_argument("--sample", action="store_true", help="the data is invented")
        parser.add_argument(
            "--courtyards-from-address",
            action=BooleanOptionalAction,
            help="make a courtyard of each building with an address (default: when no courtyards are known)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["division"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["division"]}) from None
        with refusals_as_sentences():
            crs = options["source_crs"]
            wanted = PlaceOptions(
                layer=options["layer"],
                as_table=options["as_table"],
                wishes=dict(_wish(text) for text in options["map"]),
                source_crs=None if crs is None else read_crs(crs),
                is_sample=options["sample"],
                courtyards_from_address=options["courtyards_from_address"],
            )
            with progress_bar(options["file"].name) as tick:

                def progress(step: str, done: int, total: int) -> None:
                    tick(done, total)

                plan = plan_import(options["file"], division=division, options=wanted, progress=progress)
                if options["preview"]:
                    self.stdout.write(preview(plan))
                    return
                reports = import_places(
                    plan,
                    is_sample=options["sample"],
                    attribution=options["attribution"],
                    actor=command_actor("import-places"),
                    now=timezone.now(),
                    progress=progress,
                )
        if options["verbosity"]:
            self.stdout.write(result(plan, reports))


def _wish(text: str) -> tuple[str, str]:
    name, separator, ours = text.rpartition("=")
    if not separator or not name or not ours:
        raise CommandError(_("“%(text)s” is no mapping; write FIELD=OURS.") % {"text": text})
    return name, ours
