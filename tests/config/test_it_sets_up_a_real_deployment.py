"""`xiaoyuan init` makes a production deployment without sample data, in a process as a user runs it."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PASSWORD = "a long enough passphrase"


def xiaoyuan(data: Path, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XIAOYUAN_")}
    environment["XIAOYUAN_DATA_DIR"] = str(data)
    return subprocess.run(
        [sys.executable, "-m", "xiaoyuan", *arguments],
        env=environment,
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )


def test_init_makes_keys_database_and_operator(tmp_path: Path) -> None:
    done = xiaoyuan(
        tmp_path,
        "init",
        "--division",
        "520527",
        "--operator",
        "zhou",
        "--host",
        "hezhang.example.cn",
        answer=PASSWORD + "\n",
    )
    assert done.returncode == 0, done.stderr
    for secret in (tmp_path / "settings.env", tmp_path / "keys" / "master.json"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    database = sqlite3.connect(tmp_path / "xiaoyuan.sqlite3")
    assert database.execute("SELECT username, is_sample FROM accounts_user").fetchall() == [("zhou", 0)]
    assert database.execute("SELECT role, scope_key FROM accounts_grant").fetchall() == [("operator", "")]
    assert database.execute("SELECT count(*) FROM register_household").fetchone() == (0,)
    first_key = database.execute("SELECT id FROM accounts_user").fetchone()[0]
    assert 2 <= first_key >> 37 <= 65535
    again = xiaoyuan(tmp_path, "init", "--division", "520527", "--operator", "zhou")
    assert again.returncode == 0, again.stderr
    assert xiaoyuan(tmp_path, "check").returncode == 0
    refused = xiaoyuan(tmp_path, "seed")
    assert refused.returncode != 0
    assert "XIAOYUAN_DATA_DIR" in refused.stderr


def test_init_refuses_a_weak_password(tmp_path: Path) -> None:
    done = xiaoyuan(tmp_path, "init", "--division", "520527", "--operator", "zhou", answer="12345\n")
    assert done.returncode != 0
    database = sqlite3.connect(tmp_path / "xiaoyuan.sqlite3")
    assert database.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)


def test_init_refuses_an_unknown_division(tmp_path: Path) -> None:
    done = xiaoyuan(tmp_path, "init", "--division", "110105", "--operator", "zhou", answer=PASSWORD + "\n")
    assert done.returncode != 0
    assert "110105" in done.stderr
