"""What can be refused about notices, as sentences for people."""

from django.utils.translation import gettext as _


class NoticeError(ValueError):
    """A write of a notice was refused; nothing was saved."""


class NoticeIncomplete(NoticeError):
    """A notice lacks its title or its words."""

    def __init__(self) -> None:
        super().__init__(_("A notice needs a title and words. Nothing was saved."))


class NoticeEndsTooEarly(NoticeError):
    """A notice would end before it begins."""

    def __init__(self) -> None:
        super().__init__(_("The last day of the notice lies before its first. Nothing was saved."))


class NoticeChanged(NoticeError):
    """Somebody else saved the notice in the meantime."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else changed this notice in the meantime. Load it again; your words are still here.")
        )


class NoticeSettled(NoticeError):
    """The notice is in another state by now."""

    def __init__(self, state: str) -> None:
        super().__init__(_("This notice is “%(state)s” by now. Load the page again.") % {"state": state})


class WithdrawalUnexplained(NoticeError):
    """A notice was taken away without a reason."""

    def __init__(self) -> None:
        super().__init__(_("Say why the notice is withdrawn: it stays in its history."))
