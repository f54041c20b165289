"""Where an answer goes: to the screen, as JSON, or into a file by its suffix; the options that say so."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialplan import files
from trialplan.errors import FileError, require
from trialplan.page import FORMATS, PICTURES, Page, as_json_text, as_text

if TYPE_CHECKING:
    from trialplan.figures.canvas import Figure

FAILED = 1
"""The exit code of a check that was made and failed."""


class NamedPath(click.Path):
    """A path as it is typed: of a file, which does not end as a folder does, or of a folder; never an empty text."""

    def __init__(self, of: str = "file") -> None:
        """`of` is what the path names, file or folder."""
        super().__init__(path_type=Path)
        self.of = of

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or the sentence that says why it names none."""
        name = param.opts[0] if isinstance(param, click.Option) else "the path"
        if not str(value).strip():
            raise FileError(f"{name} is empty; name a {self.of}")
        if self.of == "file" and isinstance(value, str) and value.endswith(("/", os.sep)):
            raise FileError(f"{name} is {value}, which names a folder; name a file, without {value[-1]} at its end")
        return super().convert(value, param, ctx)


def path_option(
    *names: str, help: str, metavar: str = "FILE", formats: Sequence[str] = (), **more: Any
) -> click.Option:
    """An option that takes the path of a file or folder; with `formats`, of a file to write in one of them."""

    def checked(ctx: click.Context, param: click.Parameter, typed: Any) -> Any:
        for path in typed if isinstance(typed, tuple) else filter(None, [typed]):
            check(path, formats)
        return typed

    kind = NamedPath("folder" if metavar == "DIR" else "file")
    return click.Option(
        list(names), type=kind, metavar=metavar, help=help, callback=checked if formats else None, **more
    )


def check(path: Path, formats: Sequence[str]) -> None:
    """Raise, before any work is done, where the suffix says none of these formats or the file cannot be written."""
    if path.suffix.lower() in PICTURES and not set(PICTURES) & set(formats):
        known = f"{', '.join(formats[:-1])} or {formats[-1]}"
        raise FileError(f"{path} would be a picture, and this answer has none; name the output with {known}")
    files.check_suffix(path, formats)
    files.check_writable(path)
    if path.suffix.lower() in PICTURES:
        require("matplotlib", "report", f"writing {path.suffix.lower()}")


def force_option() -> click.Option:
    """--force, without which nothing is written over; heeded before any path is looked at."""

    def heeded(ctx: click.Context, param: click.Parameter, given: bool) -> None:
        if given:
            files.may_replace()

    return click.Option(
        ["--force"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=heeded,
        help="write over a file that is there already",
    )


def output_options(*more: str) -> list[click.Parameter]:
    """--json, -o with the format by suffix, and --force; `more` are further formats."""
    known = [*FORMATS, *more]
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="print JSON at full precision"),
        path_option(
            *("-o", "--output"),
            help=f"write to a {', '.join(known[:-1])} or {known[-1]} file",
            formats=known,
        ),
        force_option(),
    ]


def wrote(path: Path, more: str = "", *, as_json: bool = False) -> None:
    """Say that the file is written; on stderr where the answer itself is on the screen, as JSON."""
    click.echo(f"wrote {printable(path)}{more}", err=as_json)


def as_typed(output: Path) -> str:
    """The command line as it was typed, for a file that is given to others: of a whole path its last name alone.

    What was typed for the sake of files that were there is left out: there they are not.
    """
    words = click.get_current_context().find_root().obj or ()
    typed = (str(word).replace(str(output), output.name) for word in words if word not in ("--force", "--resume"))
    return shlex.join(["trialplan", *(Path(word).name if Path(word).is_absolute() else word for word in typed)])


def printable(path: Path) -> str:
    """The path on one line: characters that are not printed, such as the end of a line, as Python escapes them."""
    return str(path) if str(path).isprintable() else repr(str(path))


def show(page: Page, as_json: bool = False, output: Path | None = None, *, ok: bool = True) -> None:
    """Write the page where it was asked for; a check that is not `ok` ends with an exit code that says so."""
    if output is not None:
        files.write(output, FORMATS[output.suffix.lower()](page))
        wrote(output, as_json=as_json)
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
    wrote(output, as_json=as_json)
    if as_json:
        click.echo(as_json_text(page()), nl=False)


def show_text(text: str, output: Path | None) -> None:
    """The same of what is text already."""
    if output is None:
        click.echo(text, nl=False)
    else:
        wrote(files.write(output, text))


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
