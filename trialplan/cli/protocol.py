"""`trialplan protocol`: write the protocol draft that a plan makes."""

from __future__ import annotations

from pathlib import Path

import click

from trialplan.cli import options
from trialplan.cli.output import check_suffix

FORMATS = (".md", ".html", ".docx")


@click.command(
    "protocol",
    params=[
        click.Argument(["plan"]),
        click.Option(
            ["-o", "--output", "outputs"],
            type=click.Path(path_type=Path),
            multiple=True,
            metavar="FILE",
            help="write to a .md, .html or .docx file; may be repeated  [default: Markdown on the screen]",
        ),
    ],
    short_help="Write the protocol draft that a plan makes.",
    epilog=options.examples(
        "trialplan protocol msc-lupus-nephritis -o protocol.md",
        "trialplan protocol msc-lupus-nephritis -o protocol.html -o protocol.docx",
    ),
)
def command(plan: str, outputs: tuple[Path, ...]) -> None:
    """The protocol draft of PLAN: a shipped plan's name, or the path of a plan file.

    It holds the synopsis, the evidence with its findings, the estimand, every assumption with its source, the
    sample size and what it would be otherwise. The format follows the suffix; HTML and DOCX need the extra
    `report`.
    """
    for path in outputs:
        _check(path)
    if outputs:
        for path in _written(plan, outputs):
            click.echo(f"wrote {path}")
    else:
        click.echo(_text(plan), nl=False)


def _check(path: Path) -> None:
    from trialplan.files import check_writable

    check_suffix(path, FORMATS)
    check_writable(path)


def _written(name: str, outputs: tuple[Path, ...]) -> list[Path]:
    from trialplan import plan, protocol

    return protocol.write(plan.read(name), list(outputs))


def _text(name: str) -> str:
    """The Markdown, by way of a file: the one road that a protocol is written on."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (path,) = _written(name, (Path(folder) / "protocol.md",))
        return path.read_text(encoding="utf-8")
