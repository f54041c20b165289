"""`trialplan evidence`: what does a table of studies say, and where does it contradict itself?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options import output
from trialplan.cli.options.command import Verb
from trialplan.files import check_suffix
from trialplan.page import Page, Table


@click.command(
    "evidence",
    cls=Verb,
    params=[
        click.Argument(["table"]),
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
            metavar="reml|paule-mandel|dersimonian-laird|fixed|binomial-normal",
            help="the heterogeneity of a pool  [default: reml]",
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
        click.Option(["--by"], metavar="FIELD", help="pool within groups of studies, as --by cell_source"),
        click.Option(
            ["--forest"], type=click.Path(path_type=Path), metavar="FILE", help="its forest plot: .svg or .png"
        ),
        *output.options(),
    ],
    short_help="What does a table of studies say, and where does it contradict itself?",
    epilog=options.examples(
        "trialplan evidence msc-lupus-nephritis",
        "trialplan evidence msc-lupus-nephritis --interval jeffreys -o evidence.csv",
        "trialplan evidence msc-lupus-nephritis --pool complete-remission",
    ),
)
def command(table: str, interval: str, as_json: bool, output: Any, **pooling: Any) -> None:
    """Every study and outcome of TABLE with its estimate, and the findings of the audit.

    TABLE is the name of a shipped table, or a .toml or .csv file with one outcome a row. A finding says what
    was seen, in which row, and what it means for planning; those marked block must be answered by a plan.

    A CSV has the columns study and outcome, then as many as are known of events and of (the denominator),
    or baseline_mean, baseline_sd, followup_mean, followup_sd and n; arm, kind, timepoint_months, reported,
    p_value, and of the study enrolled, control, design, registry, year and conditioning.
    """
    from trialplan import evidence
    from trialplan.cli.options.output import show

    _check_interval(interval)
    if pooling["pool"] is None:
        if given := [name for name, value in pooling.items() if value is not None]:
            raise click.UsageError(f"--{given[0].replace('_', '-')} belongs to --pool OUTCOME")
        show(_page(evidence.as_json(evidence.read(table), interval)), as_json, output)
    else:
        show(_pooled(evidence.read(table), **pooling), as_json, output)


def _pooled(table: Any, pool: str, forest: Path | None, by: str | None, **given: Any) -> Page:
    """The pools alone: what the rest of the table says is asked for without --pool."""
    from trialplan.evidence import pool_page as pools
    from trialplan.files import check_writable
    from trialplan.page import plain

    if forest is not None:
        check_suffix(forest, (".svg", ".png"))
        check_writable(forest)
    how = {"method": given["method"], "interval": given["pool_interval"]}
    how = {name: value for name, value in how.items() if value}
    rows = {name: given[name] for name in ("denominators", "correlation")}
    found = pools.pools(table, pool, how, rows)
    parts = pools.variants(table, pool, how, rows, by)
    if forest is not None:
        pools.draw(found, forest, pool)
    data = {"table": {"title": table.title}, "pools": [{"reports": name} | asdict(one) for name, one in found.items()]}
    data["parts"] = [{"part": name} | asdict(one) for name, one in parts.items()]
    shown, notes = list(pools.tables(found, parts)), pools.notes(found)
    return Page(data=plain(data), headline=f"{pool} over {table.title}", tables=shown, notes=notes)


def _check_interval(interval: str) -> None:
    from trialplan.cli.options.errors import unknown
    from trialplan.errors import ParameterError
    from trialplan.evidence import INTERVALS

    if interval not in INTERVALS:
        raise ParameterError(unknown("--interval", interval, INTERVALS))


def _page(data: dict[str, Any]) -> Page:
    from trialplan.page import plain

    rows = list(_rows(data))
    findings = [_finding(one) for one in data["findings"]]
    return Page(
        data=plain(data),
        headline=_headline(data),
        tables=[
            Table(_STUDIES, [_study(study) for study in data["studies"]], "Studies", frozenset({1, 4})),
            Table(_OUTCOMES, [row["shown"] for row in rows], "Outcomes", frozenset({3})),
            *([Table(_FINDINGS, findings, "Findings")] if findings else []),
        ],
        records=lambda: [row["record"] for row in rows],
    )


_STUDIES = ("study", "year", "design", "control", "enrolled", "conditioning")
_OUTCOMES = ("study", "outcome", "arm", "months", "reported", "estimate", "95 % interval")
_FINDINGS = ("severity", "id", "where", "seen", "for planning")


def _headline(data: Mapping[str, Any]) -> str:
    outcomes = sum(len(study["outcomes"]) for study in data["studies"])
    blocking = sum(one["severity"] == "block" for one in data["findings"])
    return (
        f"{data['table']['title']}: {len(data['studies'])} studies, {outcomes} outcomes, "
        f"{len(data['findings'])} findings, {blocking} of which a plan must answer"
    )


def _study(study: Mapping[str, Any]) -> list[str]:
    cells = (study[name] for name in ("key", *_STUDIES[1:]))
    return ["" if cell is None else str(cell) for cell in cells]


def _rows(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for study in data["studies"]:
        for outcome in study["outcomes"]:
            found = outcome["estimate"]
            yield {"shown": _shown(study["key"], outcome, found), "record": _record(study["key"], outcome, found)}


def _shown(key: str, outcome: Mapping[str, Any], found: Mapping[str, Any] | None) -> list[str]:
    from trialplan.text import number

    months = outcome["timepoint_months"]
    head = [key, outcome["name"], outcome["arm"] or "", "" if months is None else number(months), _reported(outcome)]
    if found is None:
        return [*head, "", ""]
    words = _percentage if found["kind"] == "proportion" else number
    return [*head, words(found["value"]), f"{words(found['lower'])} to {words(found['upper'])}"]


def _percentage(value: float) -> str:
    return f"{100 * value:.1f} %"


def _reported(outcome: Mapping[str, Any]) -> str:
    """The count with its denominator; else the cell as it was printed."""
    if outcome["events"] is not None and outcome["of"] is not None:
        return f"{outcome['events']}/{outcome['of']}"
    if outcome["reported"]:
        return str(outcome["reported"])
    return "" if outcome["events"] is None else str(outcome["events"])


def _record(key: str, outcome: Mapping[str, Any], found: Mapping[str, Any] | None) -> dict[str, Any]:
    cells = {name: value for name, value in outcome.items() if name != "estimate"}
    names = ("kind", "value", "lower", "upper", "confidence", "n", "method", "reference")
    return {"study": key, **cells} | {f"estimate_{name}": None if found is None else found[name] for name in names}


def _finding(one: Mapping[str, Any]) -> list[str]:
    where = ", ".join(filter(None, (one["study"], one["outcome"]))) or "table"
    return [one["severity"], one["id"], where, one["seen"], one["means"]]
