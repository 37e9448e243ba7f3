"""`xiaoyuan import-scene FILE_OR_FOLDER --division CODE --name …`: show a 3D model that somebody else made."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.register.access import access_division
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.place_plan import box_text
from xiaoyuan.register.management.output import progress_bar, table
from xiaoyuan.twin.errors import TwinError
from xiaoyuan.twin.model_actions import ImportedResult, ModelWishes, import_model, remove_model
from xiaoyuan.twin.models import ImportedModel

_MEGABYTE = 2**20


class Command(BaseCommand):
    help = "Import a 3D model: 3D Tiles 1.0 or 1.1 (tileset.json, folder, .zip, .3tz) or CityJSON 1.1 or 2.0."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", type=Path, nargs="?", help="tileset.json, its folder or archive, or CityJSON"
        )
        parser.add_argument("--division", metavar="CODE", help="where the model stands")
        parser.add_argument("--name", help="what people call it; the same name again replaces the model")
        parser.add_argument(
            "--vertical-offset", type=float, default=0.0, metavar="M", help="metres to lift it by"
        )
        parser.add_argument(
            "--covers-buildings",
            action="store_true",
            help="hide built buildings inside its bounds while it is shown",
        )
        parser.add_argument("--layer-class", choices=LayerClass.values, default=LayerClass.PUBLIC)
        parser.add_argument("--attribution", default="", help="shown wherever the model is shown")
        parser.add_argument("--allow-missing", action="store_true", help="import although files are missing")
        parser.add_argument("--sample", action="store_true", help="the model is invented")
        parser.add_argument("--list", action="store_true", help="list the imported models")
        parser.add_argument("--remove", metavar="KEY", help="take a model down and delete its files")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["list"]:
                self._list()
            elif options["remove"]:
                remove_model(key=options["remove"], actor=command_actor("import-scene"), now=timezone.now())
                self.stdout.write(_("Removed: %(key)s") % {"key": options["remove"]})
            else:
                self._import(options)
        except (RegisterError, TwinError) as refusal:
            raise CommandError(str(refusal)) from None

    def _import(self, options: dict[str, Any]) -> None:
        source = options["source"]
        if source is None or not options["division"] or not options["name"]:
            raise CommandError(_("Give a file or folder, --division and --name."))
        if not source.exists():
            raise CommandError(_("There is no file %(file)s.") % {"file": source.name})
        if not abs(options["vertical_offset"]) <= 10_000:
            raise CommandError(_("The vertical offset is in metres, at most 10,000."))
        try:
            division = access_division(options["division"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["division"]}) from None
        wishes = ModelWishes(
            name=options["name"][:120],
            vertical_offset_m=options["vertical_offset"],
            covers_buildings=options["covers_buildings"],
            layer_class=LayerClass(options["layer_class"]),
            attribution=options["attribution"][:300],
            is_sample=options["sample"],
            allow_missing=options["allow_missing"],
        )
        with progress_bar(source.name) as tick:
            result = import_model(
                division=division,
                source=source,
                wishes=wishes,
                actor=command_actor("import-scene"),
                now=timezone.now(),
                progress=lambda step, done, total: tick(done, total),
            )
        self.stdout.write(_summary(result))

    def _list(self) -> None:
        rows = ImportedModel.objects.unscoped("a list for the operator").order_by("division_code", "name")
        cells = [
            (
                row.key,
                row.name,
                row.source_format,
                row.report.get("files", 0),
                row.report.get("bytes", 0) // _MEGABYTE,
                f"{row.vertical_offset_m:g}",
                str(LayerClass(row.layer_class).label),
            )
            for row in rows
        ]
        headers = [_("key"), _("name"), _("format"), _("files"), _("MB"), _("offset in m"), _("layer class")]
        self.stdout.write(
            table(_("Imported models"), headers, cells) if cells else _("No model was imported yet.")
        )


def _summary(result: ImportedResult) -> str:
    row = result.model
    head = _("Imported: %(name)s (%(key)s)") if result.is_changed else _("Unchanged: %(name)s (%(key)s)")
    low, high = row.report["heights_m"]
    lines = [
        head % {"name": row.name, "key": row.key},
        _("%(format)s, %(files)d files, %(size).1f MB")
        % {
            "format": row.source_format,
            "files": row.report["files"],
            "size": row.report["bytes"] / _MEGABYTE,
        },
        box_text((row.min_lon, row.min_lat, row.max_lon, row.max_lat)),
        _("heights %(low)g to %(high)g m above the ellipsoid, lifted by %(offset)g m")
        % {"low": low, "high": high, "offset": row.vertical_offset_m},
        *result.remarks,
    ]
    return "\n".join(lines)
