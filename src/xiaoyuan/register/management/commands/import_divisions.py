"""`xiaoyuan import-divisions [FILE…] [--builtin guizhou]`: bring the tree of divisions up to date."""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.intake.models import Verdict
from xiaoyuan.lib.divisions import Level
from xiaoyuan.register.actions.division_lists import DivisionsReport, import_divisions
from xiaoyuan.register.choices import DivisionLevel, DivisionOrigin
from xiaoyuan.register.imports.divisions import BUILT_IN, read_built_in, read_list
from xiaoyuan.register.imports.provinces import PROVINCES
from xiaoyuan.register.management.output import progress_bar, refusals_as_sentences, table

_SHOWN_NOTES: Final = 50
_COLUMNS: Final = (
    Verdict.NEW,
    Verdict.CHANGED,
    Verdict.SAME,
    Verdict.PARKED,
    Verdict.AMBIGUOUS,
    Verdict.ERROR,
)


class Command(BaseCommand):
    help = "Import division lists: CSV files with a code and a name, or a list that ships with the package."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", type=Path)
        parser.add_argument("--builtin", choices=sorted(BUILT_IN), help="a list that ships with the package")
        parser.add_argument(
            "--origin",
            choices=DivisionOrigin.values,
            help="what kind of list it is (default: national for --builtin, else county)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["files"] and not options["builtin"]:
            raise CommandError(_("Name at least one file, or --builtin guizhou."))
        default = DivisionOrigin.NATIONAL if options["builtin"] else DivisionOrigin.COUNTY
        with refusals_as_sentences(), progress_bar(_("divisions")) as tick:
            lists = [read_list(path) for path in options["files"]]
            if options["builtin"]:
                lists.append(read_built_in(options["builtin"]))
            report = import_divisions(
                lists=lists,
                provinces=PROVINCES,
                origin=DivisionOrigin(options["origin"] or default),
                actor=command_actor("import-divisions"),
                now=timezone.now(),
                progress=tick,
            )
        if options["verbosity"]:
            self._show(report)
        if report.total(Verdict.ERROR) or report.total(Verdict.AMBIGUOUS):
            raise CommandError(_("Some rows were not applied; they are listed above."))

    def _show(self, report: DivisionsReport) -> None:
        for note in report.notes[:_SHOWN_NOTES]:
            place = _("%(file)s, row %(row)d, code %(code)s") % {
                "file": note.file_name,
                "row": note.row_number,
                "code": note.code or "-",
            }
            self.stdout.write(f"{note.verdict.label}: {place}: {note.text}")
        if len(report.notes) > _SHOWN_NOTES:
            self.stdout.write(_("… and %(count)d more.") % {"count": len(report.notes) - _SHOWN_NOTES})
        rows: list[list[object]] = [
            [DivisionLevel(level).label, *(report.counts[(verdict, level)] for verdict in _COLUMNS)]
            for level in Level
        ]
        rows.append([_("no level"), *(report.counts[(verdict, None)] for verdict in _COLUMNS)])
        rows = [row for row in rows if any(row[1:])]
        headers = [_("level"), *(str(verdict.label) for verdict in _COLUMNS)]
        self.stdout.write(table(_("Divisions by what became of their rows"), headers, rows))
        if report.added_parents:
            self.stdout.write(_("Added above them: %(codes)s.") % {"codes": ", ".join(report.added_parents)})
        if report.picked_up:
            self.stdout.write(
                _("%(count)d rows that waited for their parent were taken up.") % {"count": report.picked_up}
            )
        self.stdout.write(
            _("%(new)d new, %(changed)d changed, %(same)d unchanged, %(parked)d parked.")
            % {
                "new": report.total(Verdict.NEW),
                "changed": report.total(Verdict.CHANGED),
                "same": report.total(Verdict.SAME),
                "parked": report.total(Verdict.PARKED),
            }
        )
