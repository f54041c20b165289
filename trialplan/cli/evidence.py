"""`trialplan evidence`: what a table of studies says, and where it contradicts itself."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.errors import unknown
from trialplan.cli.options.output import check, output_options, path_option, show, show_text
from trialplan.design import Sized
from trialplan.errors import ParameterError
from trialplan.text import flag

_OF_ADD = 2
"""Words after add: a plan, and a table."""


@click.command(
    "evidence",
    cls=Verb,
    params=[
        click.Argument(["table"], metavar="TABLE | add PLAN FILE"),
        click.Argument(["more"], nargs=-1, metavar=""),
        click.Option(
            ["--interval"],
            default="wilson",
            metavar="wilson|clopper-pearson|jeffreys|agresti-coull",
            help="the 95 % interval of a proportion  [default: wilson]",
        ),
        click.Option(
            ["--pool"], metavar="OUTCOME", help="pool one outcome: one report per centre and all, side by side"
        ),
        click.Option(
            ["--method"],
            metavar="reml|maximum-likelihood|hedges|paule-mandel|dersimonian-laird|sidik-jonkman|hunter-schmidt|"
            "empirical-bayes|fixed|binomial-normal|beta-binomial|mantel-haenszel|peto",
            help="the heterogeneity of a pool; the last two for two arms  [default: reml]",
        ),
        click.Option(
            ["--measure"],
            metavar="logit|raw|…|risk-ratio|odds-ratio|hazard-ratio|risk-difference|mean-difference",
            help="scale of a pool; the last five compare treatment and control  [default: as the table's arms allow]",
        ),
        click.Option(["--arms"], metavar="NAMES", help="arms of a pool, by name or role (treatment, control)"),
        click.Option(
            ["--timepoint-months"], type=options.NUMBER, help="the time of a pool, where several are reported"
        ),
        click.Option(
            ["--pool-interval"],
            metavar="normal|knapp-hartung|knapp-hartung-modified",
            help="the interval of a pool  [default: normal]",
        ),
        click.Option(
            ["--denominators"], metavar="reported|enrolled", help="denominators of a pool; enrolled counts the missing"
        ),
        click.Option(
            ["--correlation"], type=options.NUMBER, help="correlation within a participant, to pool mean changes"
        ),
        click.Option(["--by"], metavar="FIELD", help="pool within groups of studies, as --by product"),
        path_option("--forest", help="its forest plot: .svg or .png"),
        *output_options(".toml"),
    ],
    short_help="What does a table of studies say, and where does it contradict itself?",
    epilog=options.examples(
        "trialplan evidence msc-lupus-nephritis",
        "trialplan evidence msc-lupus-nephritis --interval jeffreys -o evidence.csv",
        "trialplan evidence msc-lupus-nephritis --pool complete-remission",
        "trialplan evidence msc-lupus-nephritis -o table.toml",
        "trialplan evidence add msc-lupus-nephritis msc-lupus-nephritis-randomised",
    ),
)
def command(table: str, more: tuple[str, ...], interval: str, as_json: bool, output: Any, **pooling: Any) -> None:
    """Every study and outcome of TABLE with its estimate, and the findings of the audit.

    TABLE is the name of a shipped table, or a file: .toml, or .csv, .tsv, .xlsx or .ods with one outcome a row, or a
    .json results record of ClinicalTrials.gov as downloaded. What was understood is told below the tables; -o
    table.toml saves it as a table. A finding says what was seen, in which row, and what it means for planning; those
    marked block must be answered by a plan.

    A spreadsheet has the columns study and outcome, then as many as are known of events and of (the denominator),
    or change_mean, change_sd and n, or baseline_mean, baseline_sd, followup_mean, followup_sd and n, or effect,
    effect_measure and effect_se, or effect_lower and effect_upper; arm, role (treatment or control), kind (landmark
    or ever), timepoint_months, definition, reported, p_value, and of the study enrolled, control, design, registry,
    centres, year and conditioning.

    add PLAN FILE tells what the studies of the table FILE bring to PLAN, as diff --add does: the change in n, in the
    rates and in assurance, shared among their arms.
    """
    from trialplan import evidence

    if more:
        _add(table, more, as_json, output, [name for name, value in pooling.items() if value is not None])
        return
    if interval not in evidence.INTERVALS:
        raise ParameterError(unknown("--interval", interval, evidence.INTERVALS))
    given = {name: value for name, value in pooling.items() if value is not None}
    if "pool" not in given and given:
        raise click.UsageError(f"--{flag(next(iter(given)))} belongs to --pool OUTCOME")
    from trialplan.verbs.evidence import pool, read_evidence

    studies = read_evidence(table)
    saves = output is not None and output.suffix.lower() == ".toml"
    if "pool" not in given and saves:
        show_text(studies.toml(), output)
        for note in studies.notes:
            click.echo(note, err=as_json)
    if "pool" not in given:
        if not saves or as_json:
            show(studies.page(interval), as_json, None if saves else output)
        return
    if saves:
        raise click.UsageError(f"{output} is a table's file, and a pool is none; name a .json, .csv, .txt or .md file")
    forest = given.pop("forest", None)
    if forest is not None:
        check(forest, (".svg", ".png"))
    if "arms" in given:
        given["arms"] = [arm.strip() for arm in given["arms"].split(",") if arm.strip()]
    asked = {"interval": given.pop("pool_interval", "normal"), **given}
    words = {name: f"--{flag(name)}" for name in pooling} | {"interval": "--pool-interval"}
    with options.typed(Sized, "pool", **words):
        pools = pool(studies, asked.pop("pool"), **asked)
    if forest is not None:
        pools.draw(forest)
    show(pools.page(), as_json, output)


def _add(word: str, more: tuple[str, ...], as_json: bool, output: Any, given: list[str]) -> None:
    """What a study brings to a plan; any other words beside a table are too many."""
    if word != "add" or len(more) > _OF_ADD:
        raise click.UsageError(f"Got unexpected extra argument ({more[0] if word != 'add' else more[_OF_ADD]})")
    if len(more) < _OF_ADD:
        raise click.UsageError(f"add takes a plan and a table: trialplan evidence add {more[0]} study.toml")
    if given:
        raise click.UsageError(f"--{flag(given[0])} belongs to a table, not to add")
    from trialplan.verbs.planning import add_study

    show(add_study(*more).page(), as_json, output)
