"""`trialplan scenarios`: what n would be if the assumptions were otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialplan.analyses.scenarios import by_effect
from trialplan.analyses.scenarios.vary import parse_vary, vector
from trialplan.cli.options import design as options
from trialplan.cli.options import workers as running
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import as_typed, output_options, to_screen, wrote
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError, did_you_mean
from trialplan.parameter import needed, parameters
from trialplan.text import flag, plural

if TYPE_CHECKING:
    from trialplan.analyses.executors import Executor
    from trialplan.analyses.scenarios.grid import Grid

FIGURES = ("heat-map", "contour", "curves")
SUFFIXES = (".parquet", ".svg", ".png", ".pdf", ".html")


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    asked = [options.power_option(default=None), options.n_option()] if issubclass(cls, Design) else []
    name = varied_in_example(cls)
    held = options.example(cls, [name])
    own: list[Any] = options.of_design(cls, several=True)
    for option in own:
        option.help = (option.help or "").replace("[required]", "[required unless it is varied]")
    return options.verb(
        cls,
        _of_design,
        "Answers with n for every combination of the varied numbers.",
        [vary_option(), *own, *asked, *_how()],
        f"trialplan scenarios {cls.slug()} --vary {typical_of(cls, name)} {held}".rstrip(),
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: its primary endpoint's design, varied."""
    return Verb(
        name,
        params=[vary_option(), options.power_option(default=None, otherwise="the plan's"), options.n_option(), *_how()],
        callback=lambda **given: _of_plan(name, **given),
        help="Answers with n for every combination of the varied numbers, around the plan's primary endpoint. Beside "
        "the numbers of its design a plan varies discount (of the open-label excess), control_arm and reading (of the "
        "rates and readings that its [scenarios] list, by key, or all of them: reading=all), and no_blinding (a "
        "published bias of open trials, or all, where its bridge tells the two terms apart). What moves the control "
        "rate moves a treatment rate that is bridged toward it.",
        epilog=options.examples(
            "trialplan scenarios msc-lupus-nephritis --vary control=0.2:0.4:0.05",
            "trialplan scenarios msc-lupus-nephritis --vary discount=0,0.25,0.5,0.75 --vary control_arm=all",
            "trialplan scenarios msc-lupus-nephritis --vary no_blinding=all",
            "trialplan scenarios msc-lupus-nephritis --vary n=100:400:20 -o power.svg",
        ),
    )


def _how() -> list[click.Parameter]:
    """How the grid is shown, kept and computed."""
    return [
        click.Option(["--figure"], type=click.Choice(FIGURES), help="the kind of figure  [default: by the axes]"),
        click.Option(
            ["--resume"],
            is_flag=True,
            is_eager=True,
            callback=_heeded,
            help="go on with an interrupted grid, from FILE.partial",
        ),
        *running.options(),
        *output_options(*SUFFIXES),
    ]


def _heeded(ctx: click.Context, param: click.Parameter, resume: bool) -> bool:
    """What has a journal beside it was begun by a command that might write it, and may be written when it goes on."""
    from trialplan import files

    if resume:
        files.may_replace(_has_journal)
    return resume


def _has_journal(output: Path) -> bool:
    from trialplan.analyses.scenarios.journal import path_for

    return path_for(output).exists()


def vary_option() -> click.Option:
    """--vary."""
    return click.Option(
        ["--vary"],
        multiple=True,
        metavar="NAME=VALUES",
        help="name=first:last:step (end included) or name=value,value (of a vector 0.1/0.3,0.2/0.4); repeat it to "
        "cross them  [required]",
    )


def varied_in_example(cls: type[Sized]) -> str:
    """The number that an example varies: the effect, or the first that is needed."""
    return (options.effects(cls) or needed(cls))[0]


def typical_of(cls: type[Sized], name: str) -> str:
    """An example of what --vary takes, from the typical values that the design declares."""
    return f"{flag(name)}={','.join(f'{value:g}' for value in parameters(cls)[name].typical) or 'first:last:step'}"


def _of_design(cls: type[Sized], vary: tuple[str, ...], **given: Any) -> None:
    from trialplan.analyses.scenarios.cells import TARGET, N
    from trialplan.verbs.exploring import grid_of

    with options.typed(cls):
        axes, (target, n) = axes_of(vary, f"--vary {typical_of(cls, varied_in_example(cls))}"), _asked(given)
    further = (N, TARGET) if issubclass(cls, Design) else ()
    known = [*parameters(cls), *by_effect.ways(cls)]
    for name in axes:
        if name not in (*known, *further):
            near = did_you_mean(name, known)
            raise ParameterError(f"there is no --{flag(name)} of {cls.slug()} to vary; {near}")
        if given.get(name) is not None:
            raise ParameterError(f"{name} is given twice, by --{flag(name)} and by --vary; keep one")
    design = _possible(cls, given, axes)
    with options.typed(cls):
        asked = grid_of(design, axes, target, n)
    _answer(asked, given)


_TRIED = 10_000
"""Scenarios among which one that is possible is sought: a moment's work."""


def _possible(cls: type[Sized], given: Mapping[str, Any], axes: Mapping[str, tuple[Any, ...]]) -> Sized:
    """The design at the first scenario whose numbers are possible together, from which the others differ.

    A scenario that is not has its reason in the grid. Where none is possible the first one's is the answer.
    """
    first, others = None, by_effect.declared(cls)
    declared = {**others, **parameters(cls)}
    numbers_of = by_effect.ByEffect(cls=cls, planned=given)
    read = {
        name: [vector(one) if declared[name].axis else one for one in values]
        for name, values in axes.items()
        if name in declared
    }
    for numbers in islice(product(*read.values()), _TRIED):
        try:
            with options.typed(cls):
                held = numbers_of(dict(zip(read, numbers, strict=True)))
            return options.build(cls, given, held=held)
        except ParameterError as why:
            first = first or why
    assert first is not None  # a product has at least one element
    raise first


def _of_plan(name: str, vary: tuple[str, ...], **given: Any) -> None:
    from trialplan.verbs.exploring import grid_of
    from trialplan.verbs.planning import build

    axes, (target, n) = axes_of(vary, "--vary n=100:400:20"), _asked(given)
    trial = build(name)
    with options.typed(type(trial.design.fixed)):
        asked = grid_of(trial, axes, target, n)
    _answer(asked, given, said=trial.plan.text, plan=trial.answer)


def axes_of(vary: tuple[str, ...], example: str) -> dict[str, tuple[Any, ...]]:
    """What is varied, by name, as typed."""
    if not vary:
        raise ParameterError(f"--vary is needed, as in {example}")
    axes: dict[str, tuple[Any, ...]] = {}
    for text in vary:
        try:
            name, values = parse_vary(text)
        except ParameterError as why:  # of the values, which are said of their name, or of the form
            words = {why.parameter: f"--vary {flag(why.parameter)}"} | {"vary": "--vary"}
            raise ParameterError(why.worded(words)) from None
        if name in axes:
            raise ParameterError(f"--vary {name} is given twice; put all its values into one --vary")
        axes[name] = values
    return axes


def _asked(given: Mapping[str, Any]) -> tuple[float | None, int | None]:
    """Power and n as typed; one of them, or neither."""
    n, power = given.get("n"), given.get("power")
    if n is not None and power is not None:
        raise ParameterError("--power and --n are both given; --power asks for n, --n asks for the power: keep one")
    return power, n


def _answer(asked: Any, given: Mapping[str, Any], said: str = "", plan: Any = None) -> None:
    """The grid, computed where it was asked for, kept in a journal while it is, then shown or written."""
    from trialplan.analyses.scenarios import files as grid_files
    from trialplan.analyses.scenarios.grid import Memory
    from trialplan.analyses.scenarios.journal import Journal, identity, path_for
    from trialplan.analyses.scenarios.vary import LARGEST_FILE, LARGEST_GRID, check_cells

    path, executor = given["output"], running.executor(given["workers"], given["scheduler"])
    if path is None:
        if given["resume"]:
            raise ParameterError("--resume goes on with a results file; name it with -o FILE")
        check_cells(asked.cells, LARGEST_GRID)
        _show_grid(_computed(asked, Memory(), executor), given["as_json"])
        return
    asked = grid_files.prepared(path, asked, given["figure"])
    check_cells(asked.cells, LARGEST_FILE)
    journal = Journal(path_for(path), identity(asked, said), given["resume"])
    if given["resume"]:
        click.echo(f"{journal.scenarios:,} of {plural(asked.cells, 'scenario')} are there already", err=True)
        if journal.dropped:
            click.echo(f"{journal.path} is damaged at its end; what is lost there is computed again", err=True)
    with journal:
        try:
            grid = _computed(asked, journal, executor)
        except KeyboardInterrupt as ended:
            done = f"{journal.scenarios:,} of {plural(asked.cells, 'scenario')}"
            raise type(ended)(f"{done} are kept in {journal.path}; add --resume to go on") from None
        except TrialplanError:
            if journal.places:
                click.echo(f"{journal.path} keeps what is done, for --resume; delete it if nobody goes on", err=True)
            raise
        grid_files.write(grid, path, given["figure"], plan, as_typed(path))
        if given["as_json"]:
            _show_grid(grid, as_json=True)
        journal.remove()
    wrote(path, as_json=given["as_json"])


def _computed(asked: Any, kept: Any, executor: Executor) -> Grid:
    from trialplan.analyses.scenarios.grid import answered

    with running.progress("scenarios") as progress:
        return answered(asked, kept, executor, progress)


def _show_grid(grid: Grid, as_json: bool) -> None:
    from trialplan.analyses.scenarios.files import json_lines
    from trialplan.analyses.scenarios.page import page

    if not as_json:
        to_screen(page(grid))
        return
    for line in json_lines(grid):
        click.echo(line, nl=False)


command = options.DesignsAndPlans(
    "scenarios",
    command_for=for_design,
    command_for_plan=for_plan,
    help="n across a grid of assumptions, or the power of --n participants. Name a design with its numbers, or a "
    "plan, whose primary endpoint is then varied. Ranges include their end and go in decimal steps; choices may be "
    "varied too. -o FILE.csv writes one line a scenario, -o FILE.html one page to mail.",
    short_help="What would n be if the assumptions were otherwise?",
    epilog=options.examples(
        "trialplan scenarios two-proportions --vary control=0.2:0.4:0.05 --vary treatment=0.5,0.6",
        "trialplan scenarios two-proportions --control 0.3 --treatment 0.5 --vary test=score,wald",
        "trialplan scenarios msc-lupus-nephritis --vary control=0.2:0.4:0.05 -o scenarios.csv",
    ),
)
