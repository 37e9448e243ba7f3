"""Errors of the audit package."""

from django.utils.translation import gettext as _


class IdempotencyConflict(Exception):
    """The same idempotency key came with another body: a client bug, answered with 409."""

    def __init__(self) -> None:
        super().__init__(
            _("This submission key was already used for a different content. Nothing was saved.")
        )
