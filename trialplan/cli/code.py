"""`trialplan code`: a script by which a second statistician recomputes every sample size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import force_option, path_option, show_text
from trialplan.design import Sized
from trialplan.errors import ParameterError, did_you_mean

SUFFIXES = {".R": "r", ".r": "r", ".py": "python"}


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    return options.verb(
        cls,
        _of_design,
        "Answers with a script that recomputes n.",
        [*options.of_design(cls), *options.sizing_options(cls), *_written()],
        f"trialplan code {cls.slug()} {options.example(cls)} --language r",
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: every endpoint that has a sample size."""
    return Verb(
        name,
        params=_written(),
        callback=lambda **given: _of_plan(name, **given),
        help="Answers with a script that recomputes n of every endpoint of the plan.",
        epilog=options.examples("trialplan code msc-lupus-nephritis --language r -o check.R"),
    )


def _written() -> list[click.Parameter]:
    return [
        click.Option(["--language"], metavar="r|python", help="the language  [default: by the suffix of --output]"),
        path_option(
            "-o", "--output", help="write to a .R or .py file  [default: on the screen]", formats=(".r", ".py")
        ),
        force_option(),
    ]


def _language(typed: str | None, output: Path | None) -> str:
    """The language asked for, which the suffix must not contradict."""
    suffix = None if output is None else SUFFIXES.get(output.suffix, SUFFIXES.get(output.suffix.lower()))
    language = typed.lower() if typed else suffix
    if language is None:
        raise ParameterError("--language is needed, r or python, where no output says it")
    if language not in SUFFIXES.values():
        raise ParameterError(f"--language cannot be {typed!r}; {did_you_mean(language, ('r', 'python'))}")
    if suffix is not None and suffix != language:
        raise ParameterError(f"--language {typed} does not go with {output}; name the output with its own suffix")
    return language


def _of_design(cls: type[Sized], language: str | None, output: Path | None, **given: Any) -> None:
    tongue = _language(language, output)
    target, dropout = given.pop("power", None), given.pop("dropout")
    design = options.build(cls, given)
    from trialplan.verbs.second_opinion import code

    with options.typed(cls):
        script = code(design, tongue, power=target, dropout=dropout)
    show_script(script, output)


def _of_plan(name: str, language: str | None, output: Path | None) -> None:
    tongue = _language(language, output)
    from trialplan.verbs.second_opinion import code

    show_script(code(name, tongue), output)


def show_script(script: str, output: Path | None) -> None:
    """The script where it was asked for, and on stderr what it does not recompute."""
    show_text(script, output)
    for one in getattr(script, "not_run", ()):
        click.echo(f"trialplan: not recomputed: {one}", err=True)


command = options.DesignsAndPlans(
    "code",
    command_for=for_design,
    command_for_plan=for_plan,
    help="A script that recomputes every sample size with other programs: R (rpact, stats, pwr) or Python "
    "(statsmodels, scipy). The expected values are in it; it prints each comparison and fails where one disagrees. "
    "What no such package computes in the same way is written out from the paper cited, or said not to be run.",
    short_help="A script that recomputes every sample size with other programs.",
    epilog=options.examples(
        "trialplan code msc-lupus-nephritis --language r",
        "trialplan code two-means --difference 0.5 --sd 1 --language python",
        "trialplan code two-proportions --control 0.3 --treatment 0.5 -o check.R",
    ),
)
