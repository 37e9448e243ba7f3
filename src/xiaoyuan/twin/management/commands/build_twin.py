"""`xiaoyuan build-twin CODE`: build and publish the 3D scene of a division, or prove the published one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.lib import divisions
from xiaoyuan.register.access import access_division
from xiaoyuan.register.models import Division
from xiaoyuan.tiling import TilingError
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.building import Progress, build_here
from xiaoyuan.twin.errors import NothingToBuild, TwinError
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.publishing import pointer_of
from xiaoyuan.twin.scaling import builder_on
from xiaoyuan.twin.verifying import verify_twin

_SHOWN_DIFFERENCES = 10


class Command(BaseCommand):
    help = "Build and publish the 3D scene of a division and all below it; above a county, one scene each county."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="build afresh beside the published scene and compare file by file; publishes nothing",
        )
        parser.add_argument(
            "--scheduler",
            metavar="ADDRESS",
            help="dask.distributed scheduler whose workers share the data folder, for example tcp://10.0.0.1:8786",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["code"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        console = Console(stderr=True)
        try:
            with console.status(_("reading the register")) as status:

                def progress(step: str) -> None:
                    status.update(_("building the scene: %(step)s") % {"step": step})

                if options["verify"]:
                    self._verify(division, progress)
                    return
                scenes = self._build(division, options["scheduler"], progress)
        except (TwinError, TilingError) as error:
            raise CommandError(str(error)) from None
        if not options["verbosity"]:
            return
        for scene in scenes:
            found = pointer_of(scene)["counts"].items()
            counts = ", ".join(f"{name} {count:,}" for name, count in found)
            ground = _("with terrain") if scene.has_terrain else _("no elevation model: a flat scene")
            self.stdout.write(f"{scene.key}: {ground}; {counts}; {scene.revision}")

    def _build(self, division: Division, scheduler: str | None, progress: Progress) -> list[Scene]:
        def on_group(done: int, total: int) -> None:
            progress(_("buildings, %(done)d of %(total)d groups") % {"done": done, "total": total})

        build = builder_on(scheduler, on_progress=on_group) if scheduler else build_here
        scenes: list[Scene] = []
        wanted = _wanted(division)
        for one in wanted:
            try:
                scenes += build_twin(
                    division=one,
                    actor=command_actor("build-twin"),
                    now=timezone.now(),
                    progress=progress,
                    build=build,
                )
            except NothingToBuild:
                if len(wanted) == 1:
                    raise
        if not scenes:
            raise NothingToBuild(division.code)
        return scenes

    def _verify(self, division: Division, progress: Progress) -> None:
        differences = [
            found for one in _wanted(division) for found in verify_twin(division=one, progress=progress)
        ]
        if not differences:
            raise CommandError(_("Division %(code)s has no published scene.") % {"code": division.code})
        for found in differences:
            if found.is_equal:
                self.stdout.write(
                    _("%(key)s: a whole build gives the same %(files)d files")
                    % {"key": found.key, "files": found.files}
                )
                continue
            for name in (*found.only_published, *found.only_built)[:_SHOWN_DIFFERENCES]:
                self.stdout.write(f"  {name}")
        broken = [found.key for found in differences if not found.is_equal]
        if broken:
            raise CommandError(
                _("A whole build gives other files for %(keys)s; build the scene again.")
                % {"keys": ", ".join(broken)}
            )


def _wanted(division: Division) -> list[Division]:
    """Return the divisions that get a scene: the one named, or the counties below it."""
    if divisions.county_of(division.code) is not None:
        return [division]
    counties = Division.objects.filter(
        **divisions.range_below(division.code, "code"), level=divisions.Level.COUNTY, valid_until__isnull=True
    )
    return list(counties.order_by("code"))
