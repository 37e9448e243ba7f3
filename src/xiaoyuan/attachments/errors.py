"""What can be refused about a file that somebody sends, as sentences for people."""

from django.utils.translation import gettext as _


class AttachmentRefused(ValueError):
    """A file cannot be kept; nothing of it was."""


class NotAPhoto(AttachmentRefused):
    """The bytes are no picture that we read."""

    def __init__(self) -> None:
        super().__init__(_("This is no photo that can be read. Send it as JPEG, PNG or WebP."))


class TooLarge(AttachmentRefused):
    """Too many bytes or too many pixels."""

    def __init__(self) -> None:
        super().__init__(_("The file is too large: photos up to 20 MB, recordings up to 2 MB."))


class NotVoice(AttachmentRefused):
    """The bytes are no recording that we can clean."""

    def __init__(self) -> None:
        super().__init__(_("This is no recording that can be kept. Record again, or send WAV or Ogg."))


class NotYours(AttachmentRefused):
    """A file was named that somebody else sent, or that belongs to a record already."""

    def __init__(self) -> None:
        super().__init__(_("A file of this report is not there any more. Add it again."))


class WrongOffset(AttachmentRefused):
    """A part does not begin where the one before ended; `offset` says where to go on."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(_("Go on at byte %(offset)s.") % {"offset": offset})


class UploadBroken(AttachmentRefused):
    """What arrived is not what was announced."""

    def __init__(self) -> None:
        super().__init__(_("The file arrived damaged. Send it again."))
