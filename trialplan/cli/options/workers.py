"""Long work on the command line: where it runs, how far it is, and what Ctrl-C leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from trialplan.cli.options.design import NUMBER
from trialplan.cli.watch import shown_otherwise
from trialplan.errors import ParameterError
from trialplan.progress import tell


def options() -> list[click.Parameter]:
    """--workers and --scheduler."""
    return [
        click.Option(["--workers"], type=NUMBER, help="processes of this machine to share the work  [default: 1]"),
        click.Option(
            ["--scheduler"], metavar="ADDRESS", help="a dask cluster to do the work, as in tcp://10.0.0.1:8786"
        ),
    ]


def patience_option(what: str) -> click.Option:
    """--patience: how long what somebody else's file asks for may take."""
    return click.Option(
        ["--patience"],
        type=float,
        default=300,
        show_default=True,
        metavar="SECONDS",
        callback=_patience,
        help=f"how long {what} may take",
    )


def _patience(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """The limit of time, if it is one."""
    from trialplan.protocol.bounded import check_patience

    try:
        check_patience(value)
    except ParameterError as why:
        raise ParameterError(why.worded({"patience": "--patience"})) from None
    return value


def executor(workers: Any, scheduler: str | None) -> Any:
    """Where the work runs, or the sentence that says what is wrong with the wish."""
    from trialplan.analyses.executors import executor as chosen
    from trialplan.analyses.executors import wrong_workers

    if workers is not None and (reason := wrong_workers(workers)):
        raise ParameterError(f"--workers {reason}")
    if workers is not None and scheduler is not None:
        raise ParameterError("--workers and --scheduler are both given; a cluster has its own workers: keep one")
    try:
        return chosen(workers, scheduler)
    except ParameterError as why:
        raise ParameterError(why.worded({"scheduler": "--scheduler", "workers": "--workers"})) from None


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Told (done, total), it shows both and the time left: as a bar where somebody watches, else as others tell it."""
    if not sys.stderr.isatty():
        yield lambda done, total: tell(what, done, total)
        return
    shown_otherwise()
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
