"""Why an export is refused, each a sentence that says what to do. None quotes a value of a person."""

from django.utils.translation import gettext as _


class ExportRefused(Exception):
    """An export, a template or an approval that is not possible as asked for."""


class ExportStateChanged(ExportRefused):
    """Somebody else decided in the meantime, or the file is gone: answered with 409."""


class UnknownSource(ExportRefused):
    """Nobody declared such rows."""

    def __init__(self, key: str) -> None:
        super().__init__(_("There is nothing called “%(key)s” to export.") % {"key": key})


class NothingSelected(ExportRefused):
    """The selection holds no row."""

    def __init__(self) -> None:
        super().__init__(_("Nothing matches this selection: there is nothing to export."))


class OwnApproval(ExportRefused):
    """Nobody agrees to their own export."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has to agree: nobody lets their own export go."))


class AlreadyDecided(ExportStateChanged):
    """The export waits no more."""

    def __init__(self) -> None:
        super().__init__(_("This export does not wait any more. Load the page again."))


class NotReady(ExportStateChanged):
    """The file is not made yet, or was removed."""

    def __init__(self) -> None:
        super().__init__(_("There is no file to fetch: it is not made yet, or its time is over. Ask again."))


class TemplateRefused(ExportRefused):
    """A workbook that cannot serve as a layout."""


class TemplateDamaged(TemplateRefused):
    """The package of the workbook lacks parts, or holds what a layout needs not."""

    def __init__(self) -> None:
        super().__init__(
            _("This workbook cannot serve as a layout. Open it, save it as .xlsx and upload it again.")
        )


class TemplateTooLarge(TemplateRefused):
    """A layout is an empty form; sizes in MB."""

    def __init__(self, limit_mb: int) -> None:
        super().__init__(
            _("A layout may be %(limit)s MB large. Upload the empty form, without rows of data.")
            % {"limit": limit_mb}
        )


class RowTaken(TemplateRefused):
    """The row that the records should go into is not there, or above the sheet."""

    def __init__(self, row: int) -> None:
        super().__init__(
            _("Row %(row)s cannot take the first record. Choose a row below the headings.") % {"row": row}
        )


class NoColumns(TemplateRefused):
    """No column of the layout has a meaning."""

    def __init__(self) -> None:
        super().__init__(_("Say for at least one column what belongs into it."))


class TooManyRows(ExportRefused):
    """More rows than a worksheet has."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("A worksheet has %(limit)s rows and the selection more. Choose a smaller division or CSV.")
            % {"limit": limit}
        )
