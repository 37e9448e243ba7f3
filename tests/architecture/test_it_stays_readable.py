"""House rules that a reviewer should not have to repeat: sizes, names, first sentences, honest exceptions."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.repository import files, files_ending, modules, name
from tests.folders import ROOT

LONGEST_FILE_LINES = 600
LARGEST_FILE_BYTES = 2_000_000
VAGUE_NAMES = {"utils.py", "helpers.py", "common.py", "services.py", "misc.py"}


def hand_written(path: Path) -> bool:
    return "migrations" not in path.parts and not path.name.endswith(".d.ts")


def test_no_file_is_too_long_to_read() -> None:
    long = {
        name(path): lines
        for path in files_ending(".py", ".ts", ".css", ".html", ".sh", ".typ", ".md")
        if hand_written(path)
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE_LINES
    }
    assert not long, f"split these by noun: {long}"


def test_no_file_is_too_large_to_clone() -> None:
    large = {name(path): size for path in files() if (size := path.stat().st_size) > LARGEST_FILE_BYTES}
    assert not large


def test_every_module_says_why_it_exists() -> None:
    silent = [
        name(path)
        for path in [*modules(), *files_ending(".py")]
        if hand_written(path)
        and (text := path.read_text(encoding="utf-8")).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent, f"start with one sentence: {sorted(set(silent))}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [name(path) for path in modules() if path.name in VAGUE_NAMES]


def environment_readers(path: Path) -> Iterator[int]:
    """Yield the lines that read the process environment (setting a default for a child is no reading)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="getenv")):
                yield node.lineno
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="os"), attr="environ"), attr="get")
            ):
                yield node.lineno
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="os"), attr="environ"), ctx=ast.Load()):
                yield node.lineno


def test_only_the_settings_read_the_environment() -> None:
    allowed = {"src/xiaoyuan/config/environment.py", "src/xiaoyuan/config/settings.py"}
    found = [
        f"{name(path)}:{line}"
        for path in modules()
        if name(path) not in allowed
        for line in environment_readers(path)
    ]
    assert not found


@pytest.mark.parametrize("line", ["os.getenv('A')", "os.environ.get('A')", "os.environ['A']"])
def test_a_look_at_the_environment_is_noticed(tmp_path: Path, line: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"import os\nx = {line}\nos.environ['B'] = '1'\nos.environ.setdefault('C', '1')\n")
    assert list(environment_readers(module)) == [2]


# Spelled apart so that these lines do not find themselves.
DISHONEST = {
    "an ignored type error without code and reason": re.compile(
        "# type: " + r"ignore(?!\[[\w, -]+\]\s+# \S)"
    ),
    "an ignored lint rule without code": re.compile("# no" + r"qa(?!: [A-Z]+\d+)"),
    "a skipped or excused test": re.compile(
        r"pytest\.(mark\.)?(ski" + r"p|skipif|xfai" + r"l)\b|importorski" + "p"
    ),
    "a check that cannot fail": re.compile(r"^\s*assert Tru" + r"e\b", re.MULTILINE),
    "a sleep in a test": re.compile(r"\btime\.slee" + r"p\("),
}


@pytest.mark.parametrize("habit", DISHONEST)
def test_nothing_is_excused_in_silence(habit: str) -> None:
    found = []
    for path in files_ending(".py"):
        if habit.startswith("a sleep") and ("tests" not in path.parts or "proof" in path.parts):
            continue
        text = path.read_text(encoding="utf-8")
        found += [
            f"{name(path)}:{text[: hit.start()].count(chr(10)) + 1}"
            for hit in DISHONEST[habit].finditer(text)
        ]
    assert not found, f"{habit}: {found}"


@pytest.mark.parametrize(
    ("habit", "line"),
    [
        ("an ignored type error without code and reason", "x = 1  # type: " + "ignore[arg-type]"),
        ("an ignored lint rule without code", "x = 1  # no" + "qa"),
        ("a skipped or excused test", "@pytest.mark.ski" + "p"),
        ("a check that cannot fail", "    assert Tru" + "e"),
        ("a sleep in a test", "time.slee" + "p(1)"),
    ],
)
def test_each_excuse_would_be_found(habit: str, line: str) -> None:
    assert DISHONEST[habit].search(line)


def test_every_dependency_says_what_it_is_needed_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)
    wanted = [
        *project["project"]["dependencies"],
        *(line for lines in project["project"]["optional-dependencies"].values() for line in lines),
        *(line for lines in project["dependency-groups"].values() for line in lines if isinstance(line, str)),
    ]
    lines = text.splitlines()
    silent = [one for one in wanted if not any(f'"{one}"' in line and "# needed" in line for line in lines)]
    assert not silent
