"""`xiaoyuan give-program-key COUNTY NAME`: a key with which a program may report by Open311."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.programs import give_key
from xiaoyuan.register.models import County


class Command(BaseCommand):
    help = "Give a program a key with which it may report by Open311. The key is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("county", help="six digits, for example 520502")
        parser.add_argument("name", help="whose key it is")

    def handle(self, *args: Any, **options: Any) -> None:
        county = County.objects.filter(code=options["county"]).first()
        if county is None:
            raise CommandError(_("There is no county %(code)s here.") % {"code": options["county"]})
        ensure_categories(county.pk)
        actor, now = command_actor("give-program-key"), timezone.now()
        self.stdout.write(give_key(county=county, name=options["name"], actor=actor, now=now))
