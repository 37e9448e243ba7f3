"""`xiaoyuan import-ledger`: a table of verdicts, problems with their place, one sentence when it refuses."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from tests.intake.workbooks import write_book
from tests.register.ledgers import HEADINGS, TOWN, VILLAGE, Cells, make_village, two_households
from xiaoyuan.config.management.commands.import_ledger import SHOWN_PROBLEMS
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.register.models import Household, Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def village() -> None:
    make_village()


def book(tmp_path: Path, rows: list[Cells]) -> str:
    cells = [[row.get(heading) for heading in HEADINGS] for row in rows]
    return str(write_book(tmp_path / "户籍台账.xlsx", {"台账": [["双堰社区"], list(HEADINGS), *cells]}))


def run(*arguments: str, code: str = VILLAGE) -> tuple[str, str]:
    """Return what the command printed and the sentence with which it refused."""
    out = StringIO()
    with override("en"):
        try:
            call_command("import_ledger", *arguments, "--division", code, stdout=out)
        except CommandError as refusal:
            return out.getvalue(), str(refusal)
    return out.getvalue(), ""


def test_a_ledger_is_imported(tmp_path: Path) -> None:
    printed, refused = run(book(tmp_path, two_households()), "--sample")
    assert not refused
    assert "new" in printed
    assert "4" in printed
    assert Household.objects.unscoped("a test counts").count() == 2
    printed, _refused = run(book(tmp_path, two_households()), "--sample")
    assert "Nothing changed" in printed


def test_a_padded_division_code_is_understood(tmp_path: Path) -> None:
    rows = [row | {"院落编号": None} for row in two_households()]
    assert "no village" in run(book(tmp_path, rows), "--sample", code=TOWN + "000")[1]


def test_problems_are_printed_with_their_place(tmp_path: Path) -> None:
    rows = two_households()
    rows[3]["院落编号"] = "SY-999"
    printed, refused = run(book(tmp_path, rows), "--sample")
    assert "sheet “台账”, row 6, column “院落编号”: There is no courtyard SY-999." in printed
    assert "1 rows" in refused
    assert not Person.objects.unscoped("a test counts").exists()


def test_only_the_first_problems_are_printed(tmp_path: Path) -> None:
    rows = [two_households()[3] | {"户号": f"{at}", "身份证号": "1"} for at in range(SHOWN_PROBLEMS + 3)]
    printed, _refused = run(book(tmp_path, rows), "--sample")
    assert printed.count("column “身份证号”") == SHOWN_PROBLEMS
    assert "… and 3 more." in printed


def test_a_preview_writes_nothing_and_refuses_alike(tmp_path: Path) -> None:
    printed, refused = run(book(tmp_path, two_households()), "--sample", "--preview")
    assert (refused, "preview" in printed) == ("", True)
    assert run(book(tmp_path, two_households()), "--preview")[1]
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("missing.xlsx",), VILLAGE, "There is no file"),
        (("{book}", "--sample"), "520502104001", "There is no division"),
        (("{book}", "--sample"), "12x", "There is no division"),
        (("{book}", "--kind", "observations"), VILLAGE, "has to be answered in the console"),
    ],
)
def test_what_cannot_be_imported_is_said(
    tmp_path: Path, arguments: tuple[str, ...], code: str, sentence: str
) -> None:
    path = book(tmp_path, two_households())
    assert sentence in run(*(one.format(book=path) for one in arguments), code=code)[1]


def test_questions_are_printed(tmp_path: Path) -> None:
    printed, _refused = run(book(tmp_path, two_households()), "--kind", "observations")
    assert "数值" in printed
    assert ImportBatch.objects.get().status == BatchStatus.MAPPING


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path / "山.xlsx", {"山": [["山名", "海拔"], ["甲", "900"]]})
    assert "has a row of headings that is known" in run(str(path))[1]
    assert ImportBatch.objects.get().status == BatchStatus.REFUSED


def test_the_same_command_goes_on_with_what_was_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    path = book(tmp_path, two_households())
    with monkeypatch.context() as patch:
        patch.setattr("xiaoyuan.intake.pipeline.at_once.close_applied", break_off)
        with pytest.raises(KeyboardInterrupt):
            run(path, "--sample")
    assert (ImportBatch.objects.get().status, Person.objects.unscoped("a test").count()) == ("staging", 0)
    assert run(path, "--sample")[1] == ""
    assert (ImportBatch.objects.get().status, Person.objects.unscoped("a test").count()) == ("applied", 4)


def test_a_text_file_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    lines = [",".join(HEADINGS)]
    lines += [",".join(str(row.get(one) or "") for one in HEADINGS) for row in two_households()]
    path.write_bytes("\r\n".join(lines).encode("gbk"))
    assert run(str(path), "--sample")[1] == ""
    assert Person.objects.unscoped("a test counts").count() == 4
