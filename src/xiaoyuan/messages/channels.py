"""The channels out of the house: mail by SMTP, text messages by an HTTP gateway, robots of group chats."""

import base64
import hashlib
import hmac
import html
import json
import time
import urllib.error
import urllib.request
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from xiaoyuan.messages.errors import NotDelivered
from xiaoyuan.messages.models import Message
from xiaoyuan.vault.actions import read_masked

_PATIENCE_S: Final = 10
_PHONE: Final = "phone"


def address_of(message: Message) -> str:
    """Return the page a message leads to, as a whole address; nothing when it leads nowhere."""
    return f"{settings.PLATE_BASE_URL.rstrip('/')}{message.path}" if message.path else ""


def send_email(message: Message, *, is_large: bool) -> None:
    """Hand a message to the mail server, in large type for whoever asked for it. Raises `NotDelivered`."""
    user = message.user
    if user is None or not user.email:
        raise NotDelivered("no address", is_final=True)
    link = address_of(message)
    size = 24 if is_large else 16
    page = (
        f'<div style="font-size:{size}px;line-height:1.6"><p><strong>{html.escape(message.subject)}</strong></p>'
        f"<p>{html.escape(message.body)}</p>"
        + (f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>' if link else "")
        + "</div>"
    )
    mail = EmailMultiAlternatives(message.subject, f"{message.body}\n\n{link}".strip(), to=[user.email])
    mail.attach_alternative(page, "text/html")
    mail.extra_headers["Message-ID"] = f"<xiaoyuan-{message.pk}@{urlsplit(settings.PLATE_BASE_URL).hostname}>"
    try:
        mail.send()
    except SMTPRecipientsRefused:
        raise NotDelivered("the mail server refuses the address", is_final=True) from None
    except (SMTPException, OSError) as error:
        raise NotDelivered(type(error).__name__) from None


def send_sms(message: Message) -> None:
    """Hand a message to the text message gateway; the phone is read from the vault here and kept nowhere.

    The gateway takes a POST of JSON: `{"phone", "text", "id"}`, with the token as a bearer. Raises `NotDelivered`.
    """
    if message.subject_uid is None:
        raise NotDelivered("no phone", is_final=True)
    held = read_masked(county_id=message.county_id, subjects=[message.subject_uid], names=[_PHONE])
    phone = held.get(message.subject_uid, {}).get(_PHONE)
    if phone is None:
        raise NotDelivered("no phone", is_final=True)
    sent = {"phone": phone.reveal(), "text": f"{message.subject} {message.body}", "id": str(message.pk)}
    headers = {"Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}"} if settings.SMS_GATEWAY_TOKEN else {}
    _post(settings.SMS_GATEWAY_URL, sent, headers)


def send_hook(message: Message) -> None:
    """Hand a message to a robot of a WeCom or DingTalk group. Raises `NotDelivered`."""
    known = settings.MESSAGE_HOOKS.get(message.hook)
    if known is None:
        raise NotDelivered("no such robot", is_final=True)
    text = f"{message.subject}\n{message.body}\n{address_of(message)}".strip()
    address, secret = known["url"], known.get("secret", "")
    if secret:
        address += dingtalk_signature(secret, int(time.time() * 1000))
    answer = _post(address, {"msgtype": "text", "text": {"content": text}}, {})
    # Both answer 200 whatever happened and say in the body what did.
    if answer.get("errcode", 0) != 0:
        raise NotDelivered(f"the robot answered {answer.get('errcode')}")


def dingtalk_signature(secret: str, at_ms: int) -> str:
    """Return what DingTalk wants behind the address: the time in milliseconds and an HMAC of it."""
    digest = hmac.new(secret.encode(), f"{at_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return f"&timestamp={at_ms}&sign={quote_plus(base64.b64encode(digest).decode())}"


def _post(address: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    if urlsplit(address).scheme not in ("http", "https"):
        raise NotDelivered("the address is not http", is_final=True)
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        address,
        json.dumps(body, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8", **headers},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as response:  # noqa: S310
            answer = json.loads(response.read(65536) or b"{}")
    except urllib.error.HTTPError as error:
        # A request that the other side calls wrong stays wrong; too many and its own failures pass.
        is_final = 400 <= error.code < 500 and error.code not in (408, 429)
        raise NotDelivered(f"answered {error.code}", is_final=is_final) from None
    except (OSError, ValueError) as error:
        raise NotDelivered(type(error).__name__) from None
    return answer if isinstance(answer, dict) else {}
