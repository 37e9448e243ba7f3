"""Errors of access. Unknown and forbidden look alike from outside."""

from django.utils.translation import gettext as _


class NotFound(Exception):
    """The row does not exist or lies outside the viewer's scope: the same answer, byte for byte."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing here, or it is not open to you."))


class NotPermitted(Exception):
    """The viewer's roles do not hold the permission that a route declares."""

    def __init__(self) -> None:
        super().__init__(_("Your role does not include this. Ask your operator if you need it."))


class SignInNeeded(Exception):
    """Nobody is signed in on a route that needs somebody."""

    def __init__(self) -> None:
        super().__init__(_("Please sign in first."))


class UnscopedQuery(RuntimeError):
    """A scoped model was read without saying for whom: a bug, never shown to people."""

    def __init__(self, model: str) -> None:
        super().__init__(f"{model} was queried without .within(scope) or .unscoped(why).")
