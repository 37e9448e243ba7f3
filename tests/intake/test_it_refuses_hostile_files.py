"""Hostile and broken files are refused with a sentence, at little cost, and nothing of them is left behind."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from tests.intake.hostile import hostile_files
from tests.intake.hostile_file import Hostile
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.sources.limits import DEFAULT
from xiaoyuan.intake.sources.reading import Usage, command, environment, read_source
from xiaoyuan.intake.sources.refusals import Reason
from xiaoyuan.intake.sources.sentences import refused

FILES = hostile_files()
CPU_SECONDS = 2.2
"""The kernel ends a process of two seconds at its next tick."""
EMPTY_PROCESS_MB = 26
EXTRA_MB = 100


def read_all(path: Path, usages: list[Usage]) -> None:
    with read_source(path, on_end=usages.append) as source:
        for _page in source.pages():
            pass


def peak_of_killed(path: Path) -> float:
    """MB that a reading process takes which cannot say so itself, seen by a small process that starts it."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=-3, stderr=-3); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command(path, path.name, DEFAULT)],
        env=environment(), capture_output=True, check=True,
    )  # fmt: skip
    return float(done.stdout)


def noted_processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Return the list in which every process that is started will stand."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def note(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr("xiaoyuan.intake.sources.reading.subprocess.Popen", note)
    return started


@pytest.mark.parametrize("hostile", [pytest.param(one, id=one.title) for one in FILES])
def test_a_hostile_file_is_refused(tmp_path: Path, hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, leftovers = tmp_path / "in", tmp_path / "tmp"
    folder.mkdir()
    leftovers.mkdir()
    monkeypatch.setenv("TMPDIR", str(leftovers))
    monkeypatch.setattr("tempfile.tempdir", None)
    path = folder / hostile.name
    path.write_bytes(hostile.make())
    descriptors = len(os.listdir("/dev/fd"))  # noqa: PTH208 - the folder itself is what is counted
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    usages: list[Usage] = []
    started = noted_processes(monkeypatch)
    with override("zh-hans"), pytest.raises(FileRefused) as refusal:
        read_all(path, usages)
    assert isinstance(refusal.value, hostile.refusals)
    sentence = str(refusal.value)
    assert hostile.name in sentence
    assert re.search(r"[\u4e00-\u9fff]{4}.*。", sentence.replace(hostile.name, ""))
    (usage,) = usages
    assert usage.cpu_seconds <= CPU_SECONDS
    assert (usage.peak_mb or peak_of_killed(path)) <= EMPTY_PROCESS_MB + EXTRA_MB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb <= EXTRA_MB
    assert [one.name for one in folder.iterdir()] == [hostile.name]
    assert not list(leftovers.iterdir())
    assert len(os.listdir("/dev/fd")) == descriptors  # noqa: PTH208
    process = started[0]
    with pytest.raises(ChildProcessError):  # it does not run, and does not wait to be buried
        os.waitpid(process.pid, os.WNOHANG)


def test_there_are_many() -> None:
    assert len(FILES) >= 120


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_in_both_languages(reason: Reason) -> None:
    fields = {
        "format": "html", "ending": ".csv", "megabytes": 1, "limit": 2, "cell": "B7", "count": 3, "usual": 4,
        "sheet": "S", "place": "A1:B2", "line": 5,
    }  # fmt: skip
    with override("en"):
        english = str(refused(reason, "x.xlsx", fields))
    with override("zh-hans"):
        chinese = str(refused(reason, "x.xlsx", fields))
    assert re.fullmatch(r"[A-Z%x].*x\.xlsx.*\.|x\.xlsx .*\.", english)
    assert re.search(r"[\u4e00-\u9fff]{4}.*。", chinese)


def test_the_process_starts_without_django() -> None:
    program = (
        "import sys, xiaoyuan.intake.sources.process, xiaoyuan.intake.sources.workbooks, "
        "xiaoyuan.intake.sources.texts; sys.exit('django' in sys.modules or 'socket' in sys.modules)"
    )
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
