"""`xiaoyuan check-plates CODE`: list plates that contradict each other, and what to do."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.clashes import WHAT_TO_DO, clashes_within
from xiaoyuan.register.access import access_division


class Command(BaseCommand):
    help = "List doorplates that contradict each other or the place they hang at. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="division code, for example 520502103 or 520502103003")
        parser.add_argument("--limit", type=int, default=200, help="at most so many of each kind")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            division = access_division(options["code"])
        except NotFound:
            raise CommandError(_("There is no division %(code)s.") % {"code": options["code"]}) from None
        clashes = clashes_within(Scope.below(division.code), max(options["limit"], 1))
        for clash in clashes:
            self.stdout.write(f"{clash.shared}: {', '.join(clash.plate_codes)}. {WHAT_TO_DO[clash.kind]}")
        if not clashes:
            self.stdout.write(_("No plates contradict each other."))
