"""`xiaoyuan add-local-division NAME [--below CODE]`: a division that no national list holds; prints its code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.lib.divisions import LOCAL_COUNTY
from xiaoyuan.register.actions.divisions import add_local_division
from xiaoyuan.register.management.output import refusals_as_sentences


class Command(BaseCommand):
    help = "Add a local division below 990001 and print its code; the same name again prints the same code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--below", default=LOCAL_COUNTY, metavar="CODE", help="default: 990001")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals_as_sentences():
            division = add_local_division(
                name=options["name"],
                below=options["below"],
                actor=command_actor("add-local-division"),
                now=timezone.now(),
            )
        self.stdout.write(division.code)
