"""`xiaoyuan demo`: the sample town and a server, with a first walk."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from xiaoyuan.config import sample_town

WALK = """
  Xiaoyuan 数字小院 is ready: {address}

  Sign-ins (password {password}, all invented):
{users}

  A first walk
    1. {address}/screen/520502103/      the town's big screen: click a village, then a courtyard, then a building
    2. {address}/v/520502103003/        what anyone may know of 双堰社区
    3. {address}/accounts/login/        sign in as wang, the clerk of 双堰社区
    4. {address}/console/households/    her households; open one, reveal a phone number, say why
    5. {address}/screen/520502103003/   the same screen again: courtyards now show who lives there

  Stop with Ctrl+C. “make clean-demo” removes everything.
"""


class Command(BaseCommand):
    help = "Set up the sample town and serve it on 127.0.0.1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("seed")
        self.stdout.write(
            WALK.format(
                address=f"http://127.0.0.1:{options['port']}",
                password=sample_town.PASSWORD,
                users="\n".join(
                    f"    {user.username:10} {user.display_name} ({user.role})"
                    for user in sample_town.DEMO_USERS
                ),
            )
        )
        call_command("serve", port=options["port"])
