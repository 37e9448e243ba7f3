"""What can be refused about incidents, as sentences for people."""

from collections.abc import Sequence

from django.utils.translation import gettext as _


class IncidentError(ValueError):
    """A write of an incident was refused; nothing was saved."""


class StepRefused(IncidentError):
    """The state does not allow the step."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__(
            _("“%(step)s” is not possible while the incident is “%(state)s”. Load the page again.")
            % {"step": step, "state": state}
        )


class StepNotYours(IncidentError):
    """The step belongs to another role or place."""

    def __init__(self, step: str) -> None:
        super().__init__(_("“%(step)s” is not a step of your role here.") % {"step": step})


class ReasonNeeded(IncidentError):
    """A step whose reason the reporter reads lacks it."""

    def __init__(self) -> None:
        super().__init__(_("Say why: whoever reported it will read the reason."))


class TargetNeeded(IncidentError):
    """A step lacks whom or what it leads to."""

    def __init__(self, what: str) -> None:
        super().__init__(_("Choose %(what)s first.") % {"what": what})


class WrongTarget(IncidentError):
    """A step leads somewhere it may not."""

    def __init__(self) -> None:
        super().__init__(_("This cannot be chosen here. Nothing was saved."))


class PlaceNeeded(IncidentError):
    """A report names no place."""

    def __init__(self) -> None:
        super().__init__(_("Say where it is: at a doorplate, or by a point on the map."))


class UnknownCategory(IncidentError):
    """A report names no category of this county."""

    def __init__(self) -> None:
        super().__init__(_("Choose what it is about."))


class CategoryIncomplete(IncidentError):
    """A category lacks a name or its hours are not positive."""

    def __init__(self) -> None:
        super().__init__(_("A category needs a name, and hours of at least one for both deadlines."))


class IncidentChanged(IncidentError):
    """Somebody else took a step in the meantime; `fields` says what stands there now."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        self.fields = tuple(fields)
        super().__init__(
            _(
                "Somebody else took a step in the meantime. Look at it again and repeat yours. Nothing was saved."
            )
        )


class AlreadyRated(IncidentError):
    """Rated before, or not done yet."""

    def __init__(self) -> None:
        super().__init__(_("It can be rated once, after it is done."))
