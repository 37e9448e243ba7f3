"""How allauth signs people in here: by name and password, with no open registration."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.viewers import is_usable, viewer_of


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by an operator or a clerk, never by whoever comes along."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No open registration."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the user whose password is right; the sample's, which is printed, opens only a demo."""
        user = super().authenticate(request, **credentials)
        return user if isinstance(user, User) and is_usable(user) else None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead staff to the console, residents to their own household."""
        user = request.user
        viewer = viewer_of(user if isinstance(user, User) else None, timezone.now())
        return reverse("console" if viewer.may(Permission.CONSOLE) else "me")
