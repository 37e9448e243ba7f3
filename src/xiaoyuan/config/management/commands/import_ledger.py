"""`xiaoyuan import-ledger FILE --division CODE`: a workbook's rows into the register, all of them or none.

It lives in config because only config knows which kinds of ledger the domains declare.
"""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config.database import require_people
from xiaoyuan.config.wiring import LEDGER_KINDS
from xiaoyuan.intake.columns import ImportContext
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.files import source_file
from xiaoyuan.intake.importing import REFUSING, ImportReport, Outcome, Phase, import_ledger, place_of, preview
from xiaoyuan.intake.models import Verdict
from xiaoyuan.intake.reading import Ledger, read_ledger
from xiaoyuan.register.access import access_division
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.errors import UnknownDivision
from xiaoyuan.register.management.output import progress_bar, refusals_as_sentences, table

SHOWN_PROBLEMS: Final = 20
_PHASES: Final = tuple(Phase)


class Command(BaseCommand):
    help = "Import a workbook (.xlsx, .xls): households and persons, business entities, or observations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--division", required=True, metavar="CODE", help="village or wider division")
        parser.add_argument(
            "--kind",
            default="",
            choices=["", *(kind.key for kind in LEDGER_KINDS)],
            help="recognised by the headings when left out",
        )
        parser.add_argument("--sample", action="store_true", help="invented people of area code 990001 only")
        parser.add_argument("--preview", action="store_true", help="say what would happen, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(file)s.") % {"file": path})
        require_people()
        now = timezone.now()
        context = _context(options["division"], options["sample"], now)
        try:
            with refusals_as_sentences(), progress_bar(_("reading rows")) as tick:
                ledger = read_ledger(
                    path, LEDGER_KINDS, today=context.today, kind_key=options["kind"], on_row=tick
                )
            report = self._run(path, ledger, context, options["preview"])
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        if options["verbosity"]:
            self._show(ledger, report)
        self._conclude(report, is_quiet=not options["verbosity"])

    def _run(self, path: Path, ledger: Ledger, context: ImportContext, is_preview: bool) -> ImportReport:
        with refusals_as_sentences(), progress_bar(_("judging, staging, writing")) as tick:
            if is_preview:
                return preview(ledger, context)
            return import_ledger(
                ledger,
                source_file(path),
                context,
                on_phase=lambda phase: tick(_PHASES.index(phase), len(_PHASES)),
            )

    def _show(self, ledger: Ledger, report: ImportReport) -> None:
        rows = [
            [Verdict(verdict).label, report.counts[verdict]]
            for verdict in Verdict
            if verdict in report.counts
        ]
        self.stdout.write(table(str(ledger.kind.label), [_("verdict"), _("rows")], rows))
        for name in ledger.skipped_sheets:
            self.stdout.write(
                _("Sheet “%(sheet)s” has no headings of this ledger and was left out.") % {"sheet": name}
            )
        for problem in report.problems[:SHOWN_PROBLEMS]:
            self.stdout.write(f"{place_of(problem)}: {problem.text}")
        hidden = len(report.problems) - SHOWN_PROBLEMS
        if hidden > 0:
            self.stdout.write(_("… and %(count)d more.") % {"count": hidden})

    def _conclude(self, report: ImportReport, *, is_quiet: bool) -> None:
        refusing = sum(report.counts.get(verdict, 0) for verdict in REFUSING)
        if report.outcome is Outcome.REFUSED or (report.outcome is Outcome.PREVIEWED and refusing):
            raise CommandError(
                _(
                    "Nothing was written: %(count)d rows are wrong or unclear. Correct them and import the file again."
                )
                % {"count": refusing}
            )
        sentence = {
            Outcome.PREVIEWED: _("Nothing was written: this was a preview. The file can be imported."),
            Outcome.UNCHANGED: _("The register already holds everything in this file. Nothing changed."),
            Outcome.APPLIED: _("The file was imported."),
        }[report.outcome]
        if not is_quiet:
            self.stdout.write(sentence)


def _context(code: str, is_sample: bool, now: Any) -> ImportContext:
    try:
        division = access_division(code)
        county = ensure_county(division.code)
    except NotFound:
        raise CommandError(str(UnknownDivision(code))) from None
    except UnknownDivision as refusal:
        raise CommandError(str(refusal)) from None
    return ImportContext(
        county_id=county.pk,
        division_code=division.code,
        is_sample=is_sample,
        actor=command_actor("import-ledger"),
        now=now,
        today=timezone.localtime(now).date(),
    )
