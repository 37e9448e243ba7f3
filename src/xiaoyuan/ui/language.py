"""Which language a page speaks: Chinese, until the person in front of it asks for another."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

LANGUAGES: Final = frozenset(code for code, _name in settings.LANGUAGES)


class LanguageMiddleware:
    """Activates the language of the cookie.

    Django's own middleware also reads the browser's language, which in offices is often the English default of
    whoever installed the machine: a page that elders read must not depend on it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the chosen language."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
