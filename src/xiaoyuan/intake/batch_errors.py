"""Why a step of an import is not possible now, each a sentence for the person who asked for it."""

from django.utils.translation import gettext as _

from xiaoyuan.intake.models import BatchStatus


class BatchRefused(Exception):
    """A step that the import does not allow; nothing was written by it."""


class NotAtThisStep(BatchRefused):
    """The import is at another step: somebody was faster, or it was done before. `status` is where it stands."""

    def __init__(self, status: str) -> None:
        self.status = BatchStatus(status)
        super().__init__(
            _("This import stands at “%(step)s”, so this is not possible.") % {"step": self.status.label}
        )


class RowsUndecided(BatchRefused):
    """Rows that are wrong or unclear keep the whole file out of the register."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            _("Nothing was written: %(count)d rows are wrong or unclear. Decide them or leave them out.")
            % {"count": count}
        )


class ColumnsUnclear(BatchRefused):
    """Questions about the columns are open."""

    def __init__(self, questions: tuple[str, ...]) -> None:
        self.questions = questions
        super().__init__(" ".join(questions))


class NotOffered(BatchRefused):
    """A decision that none or not all of the chosen rows offer."""

    def __init__(self) -> None:
        super().__init__(_("This decision is not offered for every row that was chosen."))


class StrangeFault(BatchRefused):
    """A fault of the program; `number` finds it in the log."""

    def __init__(self, number: str) -> None:
        super().__init__(
            _(
                "Nothing was changed because of a fault of the program. Tell the operator the number %(number)s."
            )
            % {"number": number}
        )


class GivenUp(BatchRefused):
    """Work that ended the worker several times, by memory or by time."""

    def __init__(self) -> None:
        super().__init__(
            _("Nothing was changed: the work was broken off several times. The machine may lack memory.")
        )
