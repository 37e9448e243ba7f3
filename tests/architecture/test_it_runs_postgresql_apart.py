"""The PostgreSQL harness speaks plainly, hands over its address, and leaves nothing behind."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import postgresql
from tests.folders import ROOT


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def nothing() -> Path:
        raise postgresql.Unavailable("PostgreSQL 15 or newer with PostGIS 3 is not installed")

    monkeypatch.setattr(postgresql, "find_programs", nothing)
    assert postgresql.main(["run", "--", "true"]) == 3
    assert "PostGIS 3 is not installed" in capsys.readouterr().err


@pytest.mark.slow
def test_the_server_has_postgis_and_is_gone_afterwards() -> None:
    look = (
        "import os, sys, psycopg\n"
        "with psycopg.connect(os.environ['XIAOYUAN_DATABASE_URL']) as connection:\n"
        "    row = connection.execute('SELECT postgis_lib_version(), rolsuper, '\n"
        "        \"cardinality(show_trgm('双堰社区')) \"\n"
        "        'FROM pg_roles WHERE rolname = current_user').fetchone()\n"
        "assert row[0] >= '3' and row[2] > 0 and not row[1], row\n"
        "assert os.listdir(os.environ['TMPDIR']), 'the cluster is not where it should be'\n"
        "sys.exit(7)\n"
    )
    command = [sys.executable, "-m", "tests.postgresql", "run", "--", sys.executable, "-c", look]
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)  # the server's own user must reach it
        environment = {"TMPDIR": home, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 7, done.stderr
        assert not list(Path(home).iterdir())
