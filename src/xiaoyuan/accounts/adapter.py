"""How allauth signs people in here: by name and password, with no open registration."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by an operator or a clerk, never by whoever comes along."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No open registration."""
        return False
