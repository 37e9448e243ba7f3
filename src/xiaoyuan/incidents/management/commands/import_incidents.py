"""`xiaoyuan import-incidents FILE --division CODE`: take over a 311-style list from another system."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.loading import load_requests
from xiaoyuan.incidents.errors import IncidentError
from xiaoyuan.incidents.importing import read_list
from xiaoyuan.register.access import access_division
from xiaoyuan.register.models import County


class Command(BaseCommand):
    help = "Import service requests from a 311-style CSV or JSON file. What is known by its number stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--division", required=True, help="where rows without a point belong")
        parser.add_argument("--sample", action="store_true", help="mark the rows as sample")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["division"])
            county = County.objects.get(code=division.code[:6])
            rows = read_list(options["file"].read_bytes(), options["file"].name)
            ensure_categories(county.pk)
            loaded = load_requests(
                county=county,
                division_code=division.code,
                rows=rows,
                is_sample=options["sample"],
                actor=command_actor("import-incidents"),
                now=timezone.now(),
            )
        except (NotFound, County.DoesNotExist):
            raise CommandError(_("There is no division %(code)s.") % {"code": options["division"]}) from None
        except (IncidentError, OSError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(
            _("%(written)d incidents imported, %(known)d known already.")
            % {"written": loaded.written, "known": loaded.known}
        )
