"""What can be refused about forms and answers, as sentences for people."""

from collections.abc import Mapping

from django.utils.translation import gettext as _


class FormError(ValueError):
    """A write of a form or an answer was refused; nothing was saved."""


class FormKeyTaken(FormError):
    """Another form of the county has the key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            _("The county already has a form with the key “%(key)s”. Open it and upload a new version there.")
            % {"key": key}
        )


class FormKeyDiffers(FormError):
    """A file of another form was uploaded as a version."""

    def __init__(self, key: str, wanted: str) -> None:
        super().__init__(
            _("The file's form_id is “%(key)s”, this form's is “%(wanted)s”. Is it the right file?")
            % {"key": key, "wanted": wanted}
        )


class VersionSettled(FormError):
    """The version is no draft, or not in use, any more."""

    def __init__(self, state: str) -> None:
        super().__init__(
            _("This version is “%(state)s” by now and does not change. Begin a new draft.") % {"state": state}
        )


class DraftMissing(FormError):
    """There is nothing to publish."""

    def __init__(self) -> None:
        super().__init__(_("There is no draft. Upload a file or begin one from the version in use."))


class FormNotOffered(FormError):
    """The form is out of use, or not for this place."""

    def __init__(self) -> None:
        super().__init__(_("This form is not filled here any more. Ask the office for the one in use."))


class AnswersUnfit(FormError):
    """Something is missing or does not fit; `problems` says what, by the path of the question."""

    def __init__(self, problems: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        first = [f"“{labels.get(path, path)}” {sentence}" for path, sentence in list(problems.items())[:3]]
        super().__init__(" ".join([_("Some answers are missing or do not fit. Nothing was sent."), *first]))


class PlaceMissing(FormError):
    """Nobody said which village an answer is about."""

    def __init__(self) -> None:
        super().__init__(_("Say which village or courtyard it is about."))
