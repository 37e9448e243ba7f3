"""How villagers sign in: the printed card with its one-time code first, then card number and PIN."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.rates import address_of, allow
from xiaoyuan.accounts.residents import Refusal, activate, sign_in
from xiaoyuan.accounts.routes import requires

HOUR_S = 3600
TRIES_AN_HOUR = 300
"""From one address: mobile carriers put a whole village behind one. Each card locks itself much sooner."""
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@requires(Permission.PUBLIC)
def by_card(request: HttpRequest) -> HttpResponse:
    """Sign in with card number and PIN."""
    refusal = ""
    if request.method == "POST":
        refusal = _too_many(request)
        if not refusal:
            answer = sign_in(
                number=_digits(request, "number"), pin=_digits(request, "pin"), now=timezone.now()
            )
            if isinstance(answer, User):
                return _signed_in(request, answer)
            refusal = _(
                "Card number and PIN do not fit, or the card is locked for a while. The office can help."
            )
    return _page(request, "portal/me_sign_in.html", refusal)


@requires(Permission.PUBLIC)
def first_time(request: HttpRequest) -> HttpResponse:
    """Trade the one-time code of a fresh card for a PIN of one's own."""
    refusal = ""
    if request.method == "POST":
        refusal = _too_many(request)
        pin = _digits(request, "pin")
        if not refusal and pin != _digits(request, "again"):
            refusal = _("The two PINs differ. Type the same one twice.")
        if not refusal:
            answer = activate(
                number=_digits(request, "number"),
                code=_digits(request, "code"),
                pin=pin,
                now=timezone.now(),
            )
            if isinstance(answer, User):
                return _signed_in(request, answer)
            refusal = (
                _("Choose six digits that nobody guesses: not 123456, not 111111.")
                if answer == Refusal.WEAK_PIN
                else _(
                    "Card number and code do not fit, or the code has run out. The office prints a new one."
                )
            )
    return _page(request, "portal/me_activate.html", refusal)


def _page(request: HttpRequest, template: str, refusal: str) -> HttpResponse:
    context = {"section": "me", "refusal": refusal, "number": _digits(request, "number")}
    response = render(request, template, context, status=400 if refusal else 200)
    response["Cache-Control"] = "no-store"
    return response


def _digits(request: HttpRequest, name: str) -> str:
    """Return the digits of a field: people type the spaces in which a card prints its number."""
    given = request.POST.get(name, "")[:40]
    return "".join(one for one in given if one.isascii() and one.isdigit())


def _too_many(request: HttpRequest) -> str:
    bucket = f"resident-sign-in:{address_of(request)}"
    if allow(bucket=bucket, limit=TRIES_AN_HOUR, window_s=HOUR_S, now=timezone.now()):
        return ""
    return _("Too many tries from this connection. Please wait an hour or ask at the office.")


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=_BACKEND)
    return HttpResponseRedirect(reverse("me"))
