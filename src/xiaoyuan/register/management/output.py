"""How the register's commands look: a progress bar, a closing table, and one sentence when they refuse."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from xiaoyuan.register.errors import RegisterError

Tick = Callable[[int, int], None]
"""Told how many of how many are done."""


@contextmanager
def refusals_as_sentences() -> Iterator[None]:
    """Let a refusal end the command with its sentence instead of a traceback."""
    try:
        yield
    except RegisterError as refusal:
        raise CommandError(str(refusal)) from None


@contextmanager
def progress_bar(title: str) -> Iterator[Tick]:
    """Show a bar on the error stream, so that the output can be piped; nothing when that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def table(title: str, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table as text; numbers stand at the right."""
    drawn = Table(title=title, title_justify="left")
    for at, header in enumerate(headers):
        is_number = all(isinstance(row[at], int) for row in rows)
        drawn.add_column(header, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    console = Console(width=None if Console().is_terminal else 160)
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()
