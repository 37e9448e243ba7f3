"""Our small .po compiler agrees with gettext's own and refuses what it cannot read."""

import gettext
import shutil
import subprocess
from pathlib import Path

import pytest

from build_translations import BrokenCatalogue, compile_all, read

CATALOGUE = r"""# A comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"

#: views.py:3
#, python-format
msgid "%(count)s \"courtyard\"\n"
"found"
msgid_plural "courtyards"
msgstr[0] "%(count)s 个院落"

msgctxt "month"
msgid "May"
msgstr "五月"

#, fuzzy
#| msgid "old"
msgid "new"
msgstr "旧"

msgid "untranslated"
msgstr ""

#~ msgid "obsolete"
#~ msgstr "废弃"
"""


def catalogue_in(root: Path, text: str) -> Path:
    source = root / "src" / "app" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(text, encoding="utf-8")
    return source


def test_it_writes_what_msgfmt_writes(tmp_path: Path) -> None:
    source = catalogue_in(tmp_path, CATALOGUE)
    (ours,) = compile_all(tmp_path)
    theirs = tmp_path / "theirs.mo"
    msgfmt = shutil.which("msgfmt")
    assert msgfmt, "gettext is missing (Debian: gettext)"
    subprocess.run([msgfmt, "-o", str(theirs), str(source)], check=True)
    with ours.open("rb") as first, theirs.open("rb") as second:
        compiled = vars(gettext.GNUTranslations(first))["_catalog"]
        assert compiled == vars(gettext.GNUTranslations(second))["_catalog"]
    assert compiled["month\x04May"] == "五月"
    assert "new" not in compiled
    assert "untranslated" not in compiled


def test_it_tells_fuzzy_and_missing_apart_from_done(tmp_path: Path) -> None:
    entries = {entry.msgid: entry for entry in read(catalogue_in(tmp_path, CATALOGUE))}
    assert [name for name, entry in entries.items() if not entry.is_translated] == ["new", "untranslated"]
    assert entries["new"].is_fuzzy
    assert "obsolete" not in entries


def test_it_leaves_an_unchanged_file_alone(tmp_path: Path) -> None:
    catalogue_in(tmp_path, CATALOGUE)
    (compiled,) = compile_all(tmp_path)
    compiled.chmod(0o444)
    before = compiled.stat().st_mtime_ns
    assert compile_all(tmp_path) == [compiled]
    assert compiled.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('msgid "a"\nmsgstr b', ":2: expected a quoted text"),
        ('"a"', ":1: text before the first msgid"),
        ('msgid "a"\nmsgtext "b"', ":2: unknown keyword 'msgtext'"),
    ],
)
def test_it_refuses_a_broken_file_and_says_where(tmp_path: Path, text: str, where: str) -> None:
    catalogue_in(tmp_path, text)
    with pytest.raises(BrokenCatalogue, match=where):
        compile_all(tmp_path)
