"""Asking for the password of a new sign-in on the machine itself, never on the command line."""

import getpass
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from xiaoyuan.accounts.models import User


def ask_password(username: str) -> str:
    """Return a password that was typed twice, or the first line of a pipe; raises `CommandError` for a weak one."""
    if sys.stdin.isatty():
        password = getpass.getpass(_("Password of %(name)s: ") % {"name": username})
        if getpass.getpass(_("Once more: ")) != password:
            raise CommandError(_("The two passwords differ. Run the command again: nothing was lost."))
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        validate_password(password, User(username=username))
    except ValidationError:
        raise CommandError(
            _(
                "This password is too easy to guess. Use at least 10 characters, not only digits, no common word and "
                "not the user name."
            )
        ) from None
    return password
