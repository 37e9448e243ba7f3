"""`xiaoyuan build-twin CODE`: build and publish the 3D scene of a division."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.register.access import access_division
from xiaoyuan.tiling import TilingError
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.errors import TwinError


class Command(BaseCommand):
    help = "Build and publish the 3D scene of a division and all below it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["code"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        console = Console(stderr=True)
        try:
            with console.status(_("reading the register")) as status:
                scenes = build_twin(
                    division=division,
                    actor=command_actor("build-twin"),
                    now=timezone.now(),
                    progress=lambda step: status.update(_("building the scene: %(step)s") % {"step": step}),
                )
        except (TwinError, TilingError) as error:
            raise CommandError(str(error)) from None
        if not options["verbosity"]:
            return
        for scene in scenes:
            counts = ", ".join(f"{name} {count:,}" for name, count in scene.report["counts"].items())
            ground = _("with terrain") if scene.has_terrain else _("no elevation model: a flat scene")
            self.stdout.write(f"{division.name} {scene.key}: {ground}; {counts}; {scene.revision}")
