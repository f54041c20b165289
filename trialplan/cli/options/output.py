"""Where an answer goes: to the screen, as JSON, or into a file by its suffix; the options that say so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialplan import files
from trialplan.errors import require
from trialplan.page import FORMATS, PICTURES, Page, as_json_text, as_text

if TYPE_CHECKING:
    from trialplan.figures.canvas import Figure

FAILED = 1
"""The exit code of a check that was made and failed."""


def path_option(
    *names: str, help: str, metavar: str = "FILE", formats: Sequence[str] = (), **more: Any
) -> click.Option:
    """An option that takes the path of a file or folder; with `formats`, of a file to write in one of them."""

    def checked(ctx: click.Context, param: click.Parameter, typed: Any) -> Any:
        for path in typed if isinstance(typed, tuple) else filter(None, [typed]):
            check(path, formats)
        return typed

    kind = click.Path(path_type=Path)
    return click.Option(
        list(names), type=kind, metavar=metavar, help=help, callback=checked if formats else None, **more
    )


def check(path: Path, formats: Sequence[str]) -> None:
    """Raise, before any work is done, where the suffix says none of these formats or the file cannot be written."""
    files.check_suffix(path, formats)
    files.check_writable(path)
    if path.suffix.lower() in PICTURES:
        require("matplotlib", "report", f"writing {path.suffix.lower()}")


def output_options(*more: str) -> list[click.Parameter]:
    """--json, and -o with the format by suffix; `more` are further ones."""
    known = [*FORMATS, *more]
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="print JSON at full precision"),
        path_option(
            *("-o", "--output"),
            help=f"write to a {', '.join(known[:-1])} or {known[-1]} file",
            formats=known,
        ),
    ]


def show(page: Page, as_json: bool = False, output: Path | None = None, *, ok: bool = True) -> None:
    """Write the page where it was asked for; a check that is not `ok` ends with an exit code that says so."""
    if output is not None:
        files.write(output, FORMATS[output.suffix.lower()](page))
        if not as_json:
            click.echo(f"wrote {output}")
    if as_json:
        click.echo(as_json_text(page), nl=False)
    elif output is None:
        to_screen(page)
    if not ok:
        raise click.exceptions.Exit(FAILED)


def show_or_draw(page: Callable[[], Page], picture: Callable[[], Figure], as_json: bool, output: Path | None) -> None:
    """The picture where the suffix of the output is that of one, else the page; neither is made that is not shown."""
    if output is None or output.suffix.lower() not in PICTURES:
        show(page(), as_json, output)
        return
    from trialplan.figures import render

    files.write(output, render(picture(), output.suffix.lower()))
    if as_json:
        click.echo(as_json_text(page()), nl=False)
    else:
        click.echo(f"wrote {output}")


def show_text(text: str, output: Path | None) -> None:
    """The same of what is text already."""
    if output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"wrote {files.write(output, text)}")


def to_screen(page: Page) -> None:
    """Tables for a person, plain text in a pipe."""
    if not sys.stdout.isatty():
        click.echo(as_text(page), nl=False)
        return
    from rich.console import Console

    from trialplan.terminal import blocks

    console = Console()
    for block in blocks(page, console.width):
        console.print(block, highlight=False)
