"""`trialplan init`: write a plan, or a table of evidence, to start from."""

from __future__ import annotations

from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import NamedPath, force_option, wrote
from trialplan.cli.protocol import DOCUMENTS


@click.command(
    "init",
    cls=Verb,
    params=[
        click.Argument(["path"], type=NamedPath(), default=Path("plan.toml")),
        click.Option(
            ["--document"],
            type=click.Choice(DOCUMENTS),
            default=DOCUMENTS[0],
            help="the document that the plan is to make: all that a protocol says, or what its reader needs alone  "
            "[default: protocol]",
        ),
        force_option(),
    ],
    short_help="Write a plan to start from, or a table of evidence.",
    epilog=options.examples(
        "trialplan init",
        "trialplan init my-trial.toml",
        "trialplan init sheet.toml --document committee",
        "trialplan init evidence.csv",
    ),
)
def command(path: Path, document: str) -> None:
    """A commented plan file at PATH (plan.toml unless another is named), to be filled in.

    `trialplan protocol` makes a protocol draft of it; `trialplan schema` says what each key may hold. Where PATH ends
    in .csv or .xlsx it is a table of evidence, one outcome a row, which `trialplan evidence` reads and a plan names.
    Where it ends in .md or .docx it is a sheet to send to experts, which `trialplan elicit` reads back.
    """
    from trialplan import files
    from trialplan.evidence.write import STARTERS, starter
    from trialplan.verbs.eliciting import SHEETS, WORD, elicitation_sheet
    from trialplan.verbs.planning import starter_plan

    # a dot and nothing before it, as in .docx, is a suffix that names no file
    if path.suffix.lower() not in (".toml", *STARTERS, *SHEETS) and (path.suffix or path.name.startswith(".")):
        files.check_suffix(path, (".toml", *STARTERS, *SHEETS))
    files.check_writable(path)
    if path.suffix.lower() in STARTERS:
        files.write(path, starter(path.suffix.lower()))
        click.echo(f"wrote {path}\nnext: replace its rows by your studies, then trialplan evidence {files.typed(path)}")
        return
    suffix = path.suffix.lower()
    if suffix in SHEETS:
        files.write(path, elicitation_sheet(WORD) if suffix == WORD else elicitation_sheet())
        next_command = f"trialplan elicit SHEET{suffix} ..."
        click.echo(f"wrote {path}\nnext: write the question into it, send it out, then {next_command}")
        return
    files.write(path, starter_plan(document))
    wrote(path)
    click.echo(f"next: trialplan protocol {files.typed(path)} -o {document}.md")
