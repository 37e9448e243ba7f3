"""Every string a user sees has a confirmed Chinese text, in the catalogue of the package that shows it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from build_translations import read
from tests.architecture.repository import SOURCE, name
from tests.folders import ROOT

LANGUAGE = "zh_Hans"
CATALOGUE = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"


def extract(source: Path) -> None:
    """Let Django's makemessages bring every catalogue under `source` up to date with the code beside it."""
    for tool in ("xgettext", "msgmerge", "msgfmt"):
        assert shutil.which(tool), f"{tool} is missing (Debian: gettext)"
    for app in source.iterdir():
        if (app / "__init__.py").exists():
            (app / "locale").mkdir(exist_ok=True)  # a package without one would lend its strings to another
    command = [
        sys.executable,
        "-m",
        "django",
        "makemessages",
        f"--locale={LANGUAGE}",
        "--no-obsolete",
        "--no-wrap",
    ]
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def untranslated(source: Path) -> list[str]:
    """Name every message without a confirmed text, as package: message."""
    return [
        f"{app.name}: {entry.msgid!r}{' (fuzzy)' if entry.is_fuzzy else ''}"
        for app in sorted(source.iterdir())
        if (app / CATALOGUE).exists()
        for entry in read(app / CATALOGUE)
        if entry.msgid and not entry.is_translated
    ]


def copy_of_source(target: Path) -> Path:
    ignored = shutil.ignore_patterns("static", "*.mo", "__pycache__", "migrations")
    return Path(shutil.copytree(SOURCE, target / "xiaoyuan", ignore=ignored))


def test_every_message_has_a_chinese_text(tmp_path: Path) -> None:
    source = copy_of_source(tmp_path)
    extract(source)
    missing = untranslated(source)
    assert not missing, "\n".join([f"{len(missing)} messages lack a Chinese text:", *missing])


def test_no_catalogue_keeps_what_nobody_says(tmp_path: Path) -> None:
    """Left-over messages hide which ones are in use."""
    source = copy_of_source(tmp_path)
    extract(source)
    left_over = []
    for app in sorted(SOURCE.iterdir()):
        if (app / CATALOGUE).exists():
            used = {entry.key for entry in read(source / app.name / CATALOGUE)}
            left_over += [
                f"{name(app)}: {entry.msgid!r}" for entry in read(app / CATALOGUE) if entry.key not in used
            ]
    assert not left_over, "\n".join(left_over)


@pytest.mark.parametrize("code", ['TEXT = _("Never translated")\n', 'TEXT = ngettext("one", "many", 2)\n'])
def test_a_new_message_is_noticed(tmp_path: Path, code: str) -> None:
    app = tmp_path / "market"
    app.mkdir()
    (app / "__init__.py").write_text("")
    (app / "views.py").write_text("from django.utils.translation import gettext as _, ngettext\n" + code)
    (app / "templates").mkdir()
    (app / "templates" / "page.html").write_text('{% load i18n %}{% translate "Also in a page" %}')
    extract(tmp_path)
    assert len(untranslated(tmp_path)) == 2


def test_msgfmt_accepts_every_catalogue() -> None:
    """It also compares placeholders, which a missing one would break at run time."""
    for catalogue in SOURCE.glob(f"*/{CATALOGUE}"):
        command = ["msgfmt", "--check", "--output-file=/dev/null", str(catalogue)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
