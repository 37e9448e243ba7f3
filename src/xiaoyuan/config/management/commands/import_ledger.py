"""`xiaoyuan import-ledger FILE --division CODE`: a file's rows into the register, all of them or none.

It goes the way of an upload in one go; what was interrupted goes on when the command is given again.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config.database import require_people
from xiaoyuan.config.wiring import LEDGER_KINDS
from xiaoyuan.intake.batch_errors import BatchRefused
from xiaoyuan.intake.columns import Problem
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.files import source_file
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, ImportBatch, Verdict
from xiaoyuan.intake.pipeline import (
    ImportReport,
    Outcome,
    import_at_once,
    mapping_of,
    preview,
    read_batch,
    receive_file,
    remove_batch,
)
from xiaoyuan.register.access import access_division
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.errors import UnknownDivision
from xiaoyuan.register.management.output import progress_bar, refusals_as_sentences, table
from xiaoyuan.register.models import County

ACTOR: Final = command_actor("import-ledger")
SHOWN_PROBLEMS: Final = 20
_INTERRUPTED: Final = (BatchStatus.READING, BatchStatus.STAGING, BatchStatus.APPLYING)


class Command(BaseCommand):
    # Checking routes would load every page and what pages need: a third of the memory.
    requires_system_checks = [Tags.security]
    help = (
        "Import a ledger (.xlsx, .xls, .et, .csv): households and persons, business entities, observations, …"
    )

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
        code, county = _place(options["division"])
        try:
            with refusals_as_sentences():
                batch = None if options["preview"] else _interrupted(path, code, county, options)
                batch = batch or _received(path, code, county, options, now)
                report = self._run(batch, options["preview"], now)
        except (FileRefused, BatchRefused) as refusal:
            raise CommandError(str(refusal)) from None
        if options["verbosity"]:
            self._show(batch, report)
        self._conclude(report, is_quiet=not options["verbosity"])

    def _run(self, batch: ImportBatch, is_preview: bool, now: datetime) -> ImportReport:
        try:
            if batch.status == BatchStatus.READING:
                with progress_bar(_("reading rows")) as tick:
                    read_batch(batch.pk, on_progress=tick)
            batch.refresh_from_db()
            if batch.status == BatchStatus.MAPPING:
                self._ask(batch)
            with progress_bar(_("judging, staging, writing")) as tick:
                if is_preview:
                    return preview(batch_id=batch.pk, actor=ACTOR, now=now, on_progress=tick)
                return import_at_once(batch_id=batch.pk, actor=ACTOR, now=now, on_progress=tick)
        finally:
            if is_preview:
                remove_batch(batch=batch, actor=ACTOR, now=now)

    def _ask(self, batch: ImportBatch) -> None:
        for question in mapping_of(batch).questions:
            self.stdout.write(question)
        raise CommandError(
            _(
                "What the columns mean has to be answered in the console, under “Imports”. Nothing was written."
            )
        )

    def _show(self, batch: ImportBatch, report: ImportReport) -> None:
        rows = [
            [Verdict(verdict).label, report.counts[verdict]]
            for verdict in Verdict
            if verdict in report.counts
        ]
        mapping = mapping_of(batch)
        self.stdout.write(table(str(ledger_kind(mapping.kind_key).label), [_("verdict"), _("rows")], rows))
        for name, reason in mapping.left_out.items():
            self.stdout.write(
                _("Sheet “%(sheet)s” was left out: %(reason)s") % {"sheet": name, "reason": reason}
            )
        for note in mapping.notes:
            self.stdout.write(note)
        for problem in report.problems[:SHOWN_PROBLEMS]:
            self.stdout.write(f"{place_of(problem)}: {problem.text}")
        hidden = len(report.problems) - SHOWN_PROBLEMS
        if hidden > 0:
            self.stdout.write(_("… and %(count)d more.") % {"count": hidden})

    def _conclude(self, report: ImportReport, *, is_quiet: bool) -> None:
        if report.outcome is Outcome.REFUSED or (report.outcome is Outcome.PREVIEWED and report.refusing):
            raise CommandError(
                _(
                    "Nothing was written: %(count)d rows are wrong or unclear. Correct them and import the file again."
                )
                % {"count": report.refusing}
            )
        sentence = {
            Outcome.PREVIEWED: _("Nothing was written: this was a preview. The file can be imported."),
            Outcome.UNCHANGED: _("The register already holds everything in this file. Nothing changed."),
            Outcome.APPLIED: _("The file was imported."),
        }[report.outcome]
        if not is_quiet:
            self.stdout.write(sentence)


def place_of(problem: Problem) -> str:
    """Return where a problem stands, as a person looks for it in the workbook."""
    if not problem.column:
        return _("sheet “%(sheet)s”, row %(row)s") % {"sheet": problem.sheet, "row": problem.row_number}
    return _("sheet “%(sheet)s”, row %(row)s, column “%(column)s”") % {
        "sheet": problem.sheet,
        "row": problem.row_number,
        "column": problem.column,
    }


def _place(code: str) -> tuple[str, County]:
    try:
        division = access_division(code)
        return division.code, ensure_county(division.code)
    except NotFound:
        raise CommandError(str(UnknownDivision(code))) from None
    except UnknownDivision as refusal:
        raise CommandError(str(refusal)) from None


def _interrupted(path: Path, code: str, county: County, options: dict[str, Any]) -> ImportBatch | None:
    """Return the import of the same file by this command that was broken off, to go on with it."""
    waiting = ImportBatch.objects.filter(
        county_id=county.pk,
        division_code=code,
        is_sample=options["sample"],
        actor_label=ACTOR.label,
        status__in=_INTERRUPTED,
    )
    if options["kind"]:
        waiting = waiting.filter(kind=options["kind"])
    if not waiting.exists():
        return None
    return waiting.filter(file_sha256=source_file(path).sha256).order_by("-pk").first()


def _received(path: Path, code: str, county: County, options: dict[str, Any], now: datetime) -> ImportBatch:
    with path.open("rb") as source:
        return receive_file(
            source=source,
            file_name=path.name,
            county_id=county.pk,
            division_code=code,
            is_sample=options["sample"],
            actor=ACTOR,
            now=now,
            kind_key=options["kind"],
        )
