"""Errors of the vault, none of which ever holds a value."""

from django.utils.translation import gettext as _


class VaultError(Exception):
    """Something about keys or ciphertexts is wrong."""


class SubjectErased(VaultError):
    """The subject's key was destroyed: the data cannot be read by anyone any more."""

    def __init__(self) -> None:
        super().__init__(_("This person's data was erased."))


class MasterKeyMissing(VaultError):
    """The key file lacks a version that wrapped keys need."""

    def __init__(self, version: int) -> None:
        super().__init__(
            _("Master key %(version)s is missing: restore the key file from its own backup.")
            % {"version": version}
        )


class ReasonNeeded(VaultError):
    """Revealing was asked for without saying why."""

    def __init__(self) -> None:
        super().__init__(_("Say why the value is needed: it is written to the log."))


class FileDamaged(VaultError):
    """A sealed file is missing, cut off or was exchanged."""

    def __init__(self) -> None:
        super().__init__(_("The stored file is damaged or missing. Restore it from the backup."))
