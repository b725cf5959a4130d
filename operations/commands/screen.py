"""What the commands say, and the progress bars that they show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import DomainError

console = Console(highlight=False)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to be told (done, all); the bar goes when all is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def failures_said() -> Iterator[None]:
    """End the command with the sentence of an anticipated failure instead of a traceback."""
    try:
        yield
    except DomainError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)  # it may name .[extras]
        raise typer.Exit(1) from error
