"""`trialplan evidence`: what a table of studies says, and where it contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.errors import unknown
from trialplan.cli.options.output import check, output_options, path_option, show
from trialplan.errors import ParameterError
from trialplan.page import Page, Table, plain
from trialplan.text import flag, number

if TYPE_CHECKING:
    from trialplan.evidence import EvidenceTable


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
        path_option("--forest", help="its forest plot: .svg or .png"),
        *output_options(),
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

    if interval not in evidence.INTERVALS:
        raise ParameterError(unknown("--interval", interval, evidence.INTERVALS))
    if pooling["pool"] is None:
        if given := [name for name, value in pooling.items() if value is not None]:
            raise click.UsageError(f"--{flag(given[0])} belongs to --pool OUTCOME")
        show(_page(evidence.as_json(evidence.read(table), interval)), as_json, output)
    else:
        show(_pooled(evidence.read(table), **pooling), as_json, output)


def _pooled(table: EvidenceTable, pool: str, forest: Path | None, by: str | None, **given: Any) -> Page:
    """The pools alone: what the rest of the table says is asked for without --pool."""
    from trialplan.evidence import pool_page as pools

    if forest is not None:
        check(forest, (".svg", ".png"))
    how = {"method": given["method"], "interval": given["pool_interval"]}
    how = {name: value for name, value in how.items() if value}
    rows = {name: given[name] for name in ("denominators", "correlation")}
    wholes = pools.pools(table, pool, how, rows)
    parts = pools.variants(table, pool, how, rows, by)
    if forest is not None:
        pools.draw(wholes, forest, pool)
    data = {
        "table": {"title": table.title},
        "pools": [{"reports": name} | asdict(whole) for name, whole in wholes.items()],
        "parts": [{"part": name} | asdict(part) for name, part in parts.items()],
    }
    shown, notes = list(pools.tables(wholes, parts)), pools.notes(wholes)
    return Page(data=plain(data), headline=f"{pool} over {table.title}", tables=shown, notes=notes)


def _page(data: dict[str, Any]) -> Page:
    rows = list(_rows(data))
    studies = [[_cell(study[name]) for name in ("key", *_STUDIES[1:])] for study in data["studies"]]
    findings = []
    for finding in data["findings"]:
        where = ", ".join(filter(None, (finding["study"], finding["outcome"]))) or "table"
        findings.append([finding["severity"], finding["id"], where, finding["seen"], finding["means"]])
    return Page(
        data=plain(data),
        headline=_headline(data),
        tables=[
            Table(_STUDIES, studies, "Studies", frozenset({1, 4})),
            Table(_OUTCOMES, [row["shown"] for row in rows], "Outcomes", frozenset({3})),
            *([Table(_FINDINGS, findings, "Findings")] if findings else []),
        ],
        records=lambda: [row["record"] for row in rows],
    )


_STUDIES = ("study", "year", "design", "control", "enrolled", "conditioning")
_OUTCOMES = ("study", "outcome", "arm", "months", "reported", "estimate", "95 % interval")
_ESTIMATE = ("kind", "value", "lower", "upper", "confidence", "n", "method", "reference")
_FINDINGS = ("severity", "id", "where", "seen", "for planning")


def _headline(data: Mapping[str, Any]) -> str:
    outcomes = sum(len(study["outcomes"]) for study in data["studies"])
    blocking = sum(finding["severity"] == "block" for finding in data["findings"])
    return (
        f"{data['table']['title']}: {len(data['studies'])} studies, {outcomes} outcomes, "
        f"{len(data['findings'])} findings, {blocking} of which a plan must answer"
    )


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _rows(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for study in data["studies"]:
        for outcome in study["outcomes"]:
            estimate = outcome["estimate"]
            cells = {name: value for name, value in outcome.items() if name != "estimate"}
            record = {f"estimate_{name}": None if estimate is None else estimate[name] for name in _ESTIMATE}
            yield {"shown": _shown(study["key"], outcome), "record": {"study": study["key"], **cells} | record}


def _shown(key: str, outcome: Mapping[str, Any]) -> list[str]:
    months = outcome["timepoint_months"]
    head = [key, outcome["name"], outcome["arm"] or "", "" if months is None else number(months), _reported(outcome)]
    estimate = outcome["estimate"]
    if estimate is None:
        return [*head, "", ""]
    proportion = estimate["kind"] == "proportion"
    numbers = [estimate[name] for name in ("value", "lower", "upper")]
    value, lower, upper = [f"{100 * limit:.1f} %" if proportion else number(limit) for limit in numbers]
    return [*head, value, f"{lower} to {upper}"]


def _reported(outcome: Mapping[str, Any]) -> str:
    """The count with its denominator; else the cell as it was printed."""
    if outcome["events"] is not None and outcome["of"] is not None:
        return f"{outcome['events']}/{outcome['of']}"
    return str(outcome["reported"]) if outcome["reported"] else _cell(outcome["events"])
