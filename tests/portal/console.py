"""What tests of the console share: signing somebody in and reading forms as a browser would send them."""

import re
from html import unescape
from typing import Any

from django.forms import Select
from django.test import Client

from tests.cast import Cast


def signed_in(cast: Cast, who: str) -> Client:
    """Return a client of somebody of the cast."""
    client = Client()
    client.force_login(cast.users[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(answer: Any) -> str:
    """Return a page's HTML."""
    content: bytes = answer.content
    return unescape(content.decode())


def sent(answer: Any, **changes: str) -> dict[str, Any]:
    """Return the form of a page as a browser would send it, with fields changed."""
    form = answer.context["form"]
    values: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if value is None and type(field.field.widget) is Select:
            value = field.field.choices[0][0]  # what a browser sends of a list that nobody touched
        if value is None or value is False:
            continue
        shown = field.field.prepare_value(value) if hasattr(field.field, "prepare_value") else value
        widget = field.field.widget
        values[field.html_name] = widget.format_value(shown) if hasattr(widget, "format_value") else shown
        if isinstance(values[field.html_name], list):
            if not values[field.html_name]:
                del values[field.html_name]
                continue
            values[field.html_name] = values[field.html_name][0]
        if values[field.html_name] is None:
            values[field.html_name] = ""
    return {**values, **changes}


def undo_address(answer: Any) -> str:
    """Return where the button “Undo” of the banner leads."""
    found = re.search(r'class="message good done.*?action="([^"]+)"', text_of(answer), re.DOTALL)
    assert found, "the page offers no Undo"
    return found.group(1)


def follow(client: Client, answer: Any) -> Any:
    """Return the page that a write led to."""
    assert answer.status_code == 302, text_of(answer)[:3000]
    return client.get(answer["Location"])
