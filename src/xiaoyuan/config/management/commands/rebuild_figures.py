"""`xiaoyuan rebuild-figures [--county CODE]`: count all figures afresh and report what disagreed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.config.database import require_people
from xiaoyuan.config.wiring import FIGURES
from xiaoyuan.figures.actions import rebuild
from xiaoyuan.register.management.output import table
from xiaoyuan.register.models import County


class Command(BaseCommand):
    help = "Count all figures afresh; differences are booked on today and reported."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", metavar="CODE", help="only this county")

    def handle(self, *args: Any, **options: Any) -> None:
        require_people()
        counties = County.objects.order_by("code")
        if options["county"]:
            counties = counties.filter(code=options["county"])
        rows = [
            (str(county), figure.name, _recount(county, figure)) for county in counties for figure in FIGURES
        ]
        self.stdout.write(table(_("Cells that disagreed"), [_("county"), _("figure"), _("cells")], rows))
        self.stdout.write(
            _("%(count)d cells disagreed and were corrected.") % {"count": sum(row[2] for row in rows)}
        )


def _recount(county: County, figure: Any) -> int:
    return rebuild(
        county_id=county.pk,
        day=timezone.localdate(),
        figures=[figure.name],
        counted=figure.count(county.pk),
    )
