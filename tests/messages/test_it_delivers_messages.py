"""The outbox against real stand-in servers: mail, a text message gateway, robots; nothing that was rolled back."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from django.db import transaction
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from tests.cast import NOW, Cast
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.queries import holders
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.messages.actions import mark_read, set_preference, tell
from xiaoyuan.messages.channels import dingtalk_signature
from xiaoyuan.messages.choices import Channel, Delivery
from xiaoyuan.messages.delivery import ATTEMPTS, deliver_due
from xiaoyuan.messages.letters import Letter, Recipient
from xiaoyuan.messages.models import Message
from xiaoyuan.messages.queries import inbox, outbox, unread
from xiaoyuan.vault.actions import put_many

pytestmark = pytest.mark.django_db
NOON = NOW.replace(hour=4)
"""Noon in Shanghai."""


class _Gateway(BaseHTTPRequestHandler):
    got: list[tuple[str, dict[str, Any], dict[str, str]]] = []
    answers: list[tuple[int, dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).got.append((self.path, body, dict(self.headers)))
        status, answer = type(self).answers.pop(0) if type(self).answers else (200, {})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def gateway(settings: Settings) -> Iterator[type[_Gateway]]:
    _Gateway.got, _Gateway.answers = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = f"{base}/sms", "gate"
    settings.MESSAGE_HOOKS = {
        "wecom": {"url": f"{base}/wecom?key=1", "secret": ""},
        "ding": {"url": f"{base}/ding?access_token=1", "secret": "SECabc"},
    }
    yield _Gateway
    server.shutdown()
    server.server_close()
    thread.join()


class _Box:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope)
        return "250 OK"


def say(cast: Cast, *to: Recipient, now: datetime = NOON, actor: Actor = SYSTEM, **values: Any) -> int:
    subject, body = values.pop("subject", "事件"), values.pop("body", "请查看")
    letter = Letter("test.kind", subject, body, "/inbox/", values.pop("is_urgent", False))
    return tell(
        county_id=cast.own.household.county_id,
        division_code=cast.own.code,
        is_sample=True,
        recipients=to,
        letter=letter,
        actor=actor,
        now=now,
        **values,
    )


def phone(cast: Cast) -> Recipient:
    subject = uuid4()
    put_many(county_id=cast.own.household.county_id, values={subject: {"phone": "13900005678"}}, now=NOW)
    return Recipient(subject=subject)


def test_what_is_rolled_back_is_never_sent(cast: Cast, gateway: type[_Gateway]) -> None:
    to = phone(cast)
    with transaction.atomic():
        say(cast, to)
        transaction.set_rollback(True)
    deliver_due(NOON)
    assert gateway.got == []
    assert not Message.objects.exists()


def test_a_text_message_reads_the_phone_only_on_its_way(cast: Cast, gateway: type[_Gateway]) -> None:
    say(cast, phone(cast))
    assert "13900005678" not in repr(list(Message.objects.values()))
    assert deliver_due(NOON).sent == 1
    [(path, body, headers)] = gateway.got
    assert (path, body["phone"], body["text"]) == ("/sms", "13900005678", "事件 请查看")
    assert headers["Authorization"] == "Bearer gate"
    assert "13900005678" not in repr(list(Message.objects.values()))


def test_a_gateway_that_fails_is_asked_again_later_and_at_last_given_up(
    cast: Cast, gateway: type[_Gateway]
) -> None:
    say(cast, phone(cast))
    gateway.answers = [(503, {})] * ATTEMPTS
    now = NOON
    for attempt in range(1, ATTEMPTS + 1):
        round_ = deliver_due(now)
        assert (round_.put_off, round_.given_up) == ((1, 0) if attempt < ATTEMPTS else (0, 1))
        assert deliver_due(now).sent == 0
        now += timedelta(hours=1)
    message = Message.objects.get()
    assert (message.state, message.attempts, message.last_error) == (
        Delivery.FAILED,
        ATTEMPTS,
        "answered 503",
    )
    assert outbox().failed == 1


def test_what_the_gateway_calls_wrong_is_not_tried_again(cast: Cast, gateway: type[_Gateway]) -> None:
    say(cast, phone(cast))
    gateway.answers = [(400, {})]
    assert deliver_due(NOON).given_up == 1


def test_robots_get_text_and_a_signature(cast: Cast, gateway: type[_Gateway]) -> None:
    say(cast, Recipient(hook="wecom"), Recipient(hook="ding"), Recipient(hook="nobody"))
    gateway.answers = [(200, {"errcode": 0}), (200, {"errcode": 310000})]
    done = deliver_due(NOON)
    assert (done.sent, done.put_off) == (1, 1)
    paths = [path for path, _body, _headers in gateway.got]
    assert paths[0] == "/wecom?key=1"
    assert "&timestamp=" in paths[1]
    assert "&sign=" in paths[1]
    assert gateway.got[0][1]["msgtype"] == "text"


def test_the_signature_is_dingtalks() -> None:
    # Computed with openssl dgst -sha256 -hmac over "1600000000000\nSECabc".
    import base64
    import hashlib
    import hmac
    from urllib.parse import quote_plus

    raw = hmac.new(b"SECabc", b"1600000000000\nSECabc", hashlib.sha256).digest()
    assert dingtalk_signature("SECabc", 1600000000000).endswith(quote_plus(base64.b64encode(raw).decode()))


def test_mail_goes_to_whoever_wants_it_in_their_size(cast: Cast, settings: Settings) -> None:
    box = _Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        wang = cast.users["wang"]
        wang.email = "wang@example.org"
        wang.save()
        set_preference(
            user_id=wang.pk, language="en", is_large=True, by_email=True, quiet_from=None, quiet_until=None
        )
        say(cast, Recipient(user_id=wang.pk), subject="Title", body="<b>careful</b>")
        assert deliver_due(NOON).sent == 1
    finally:
        server.stop()
    [mail] = box.mails
    text = mail.content.decode()
    assert mail.rcpt_tos == ["wang@example.org"]
    assert "font-size:24px" in text
    assert "&lt;b&gt;careful" in text


def test_each_is_told_in_their_language(cast: Cast) -> None:
    wang, chen = cast.users["wang"], cast.users["chen"]
    set_preference(
        user_id=chen.pk, language="en", is_large=False, by_email=False, quiet_from=None, quiet_until=None
    )
    # A sentence that this package's catalogue knows.
    subject = gettext_lazy("message")
    say(cast, Recipient(user_id=wang.pk), Recipient(user_id=chen.pk), subject=subject)
    assert dict(Message.objects.values_list("user__username", "subject")) == {
        "wang": "消息",
        "chen": "message",
    }


def test_the_inbox_is_ones_own_and_who_did_it_is_not_told(cast: Cast) -> None:
    wang, li = cast.users["wang"], cast.users["li"]
    to = [Recipient(user_id=wang.pk), Recipient(user_id=li.pk)]
    assert say(cast, *to, actor=Actor(wang.pk, "王芳")) == 1
    assert (unread(wang.pk), unread(li.pk)) == (0, 1)
    assert mark_read(user_id=wang.pk, message_ids=[inbox(li.pk).get().pk], now=NOON) == 0
    assert mark_read(user_id=li.pk, message_ids=None, now=NOON) == 1
    assert unread(li.pk) == 0


def test_quiet_hours_put_off_what_is_not_urgent(cast: Cast, gateway: type[_Gateway]) -> None:
    night = NOW.replace(hour=14, minute=30)  # 22:30 in Shanghai
    say(cast, phone(cast), now=night)
    say(cast, phone(cast), now=night, is_urgent=True)
    assert deliver_due(night).sent == 1
    assert deliver_due(night + timedelta(hours=9)).sent == 0
    assert deliver_due(night + timedelta(hours=9, minutes=30)).sent == 1
    assert Message.objects.filter(channel=Channel.SMS, state=Delivery.SENT).count() == 2


def test_one_key_one_message(cast: Cast, gateway: type[_Gateway]) -> None:
    to = phone(cast)
    assert say(cast, to, once_key="reminder:1") == 1
    assert say(cast, to, once_key="reminder:1") == 0
    assert deliver_due(NOON).sent == 1


def test_a_claim_is_nobody_elses_until_it_runs_out(cast: Cast, gateway: type[_Gateway]) -> None:
    say(cast, phone(cast))
    Message.objects.update(state=Delivery.SENDING, claimed_until=NOON + timedelta(minutes=2), attempts=1)
    assert deliver_due(NOON + timedelta(minutes=1)).sent == 0
    assert deliver_due(NOON + timedelta(minutes=3)).sent == 1


def test_holders_are_those_whose_right_reaches_the_place(cast: Cast) -> None:
    users = cast.users
    names = {user.pk: name for name, user in users.items()}
    held = {names[pk] for pk in holders(Permission.WORK_INCIDENTS, cast.own.code, NOW + timedelta(days=900))}
    assert held == {"chen", "wang", "li"}
    town = {
        names[pk] for pk in holders(Permission.WORK_INCIDENTS, cast.own.code[:9], NOW + timedelta(days=900))
    }
    assert town == {"chen"}
    assert time(21) > time(8)
