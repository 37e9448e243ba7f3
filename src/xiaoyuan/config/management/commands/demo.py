"""`xiaoyuan demo`: the sample town and a server, with a first walk in both languages."""

import socket
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from xiaoyuan.config import sample_town

WALK: Final = """
  数字小院 Xiaoyuan   {address}

  登录账号 Sign-ins   密码 password: {password}   (人员均为虚构 all invented)
{users}

  先走一圈 A first walk
    1. {address}/screen/520502103/
       全镇大屏:依次点村庄、院落、建筑 - the town's big screen: click a village, a courtyard, a building
    2. {address}/v/520502103003/
       任何人都能看到的双堰社区 - what anyone may know of this village
    3. {address}/accounts/login/
       用 wang 登录,她是双堰社区文书 - sign in as wang, the clerk of this village
    4. {address}/console/households/
       打开一户,写明理由查看电话 - open a household, reveal a phone number, say why
    5. {address}/console/imports/
       上传 {folder}/sample 里的台账(先改几个格子),看每一行会改什么,写入,再整批退回
       - upload a ledger from that folder with some cells changed: see what each row changes, write it, take it back
    6. {address}/screen/520502103003/
       再看本村大屏:院落卡片里多了户数、人数 - the screen again: cards of courtyards now count people

  按 Ctrl+C 停止;再次运行直接启动。数据都在 {folder},删除该文件夹即可重来。
  Stop with Ctrl+C; run it again and it starts at once. Everything lies in {folder}: delete it to start afresh.
"""


class Command(BaseCommand):
    help = "Set up the sample town and serve it on 127.0.0.1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_taken(options["port"])
        call_command("seed")
        self.stdout.write(
            WALK.format(
                address=f"http://127.0.0.1:{options['port']}",
                password=sample_town.PASSWORD,
                users="\n".join(
                    f"    {user.username:10} {user.display_name} ({user.role})"
                    for user in sample_town.DEMO_USERS
                ),
                folder=settings.DATA_DIR,
            )
        )
        self.stdout.flush()
        call_command("serve", port=options["port"])


def _refuse_taken(port: int) -> None:
    """Say so before a minute of work, not after it, when another program serves there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(
                _(
                    "Another program uses port %(port)d. Stop it, or take another one: xiaoyuan demo --port 8001"
                )
                % {"port": port}
            ) from None
