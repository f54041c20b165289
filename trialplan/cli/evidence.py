"""`trialplan evidence`: what does a table of studies say, and where does it contradict itself?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from trialplan.cli import options, output


@click.command(
    "evidence",
    params=[
        click.Argument(["table"]),
        click.Option(
            ["--interval"],
            default="wilson",
            metavar="wilson|clopper-pearson|jeffreys|agresti-coull",
            help="the 95 % interval of a proportion  [default: wilson]",
        ),
        *output.options(),
    ],
    short_help="What does a table of studies say, and where does it contradict itself?",
    epilog=options.examples(
        "trialplan evidence msc-lupus-nephritis",
        "trialplan evidence msc-lupus-nephritis --interval jeffreys -o evidence.csv",
    ),
)
def command(table: str, interval: str, as_json: bool, output: Any) -> None:
    """Every study and outcome of TABLE with its estimate, and the findings of the audit.

    TABLE is the name of a shipped table, or a .toml or .csv file with one outcome a row. A finding says what
    was seen, in which row, and what it means for planning; those marked block must be answered by a plan.
    """
    from trialplan import evidence
    from trialplan.cli.output import show

    _check_interval(interval)
    show(_page(evidence.as_json(evidence.read(table), interval)), as_json, output)


def _check_interval(interval: str) -> None:
    from trialplan.cli.complaints import unknown
    from trialplan.errors import ParameterError
    from trialplan.evidence import INTERVALS

    if interval not in INTERVALS:
        raise ParameterError(unknown("--interval", interval, INTERVALS))


def _page(data: dict[str, Any]) -> output.Page:
    from trialplan.report import plain

    rows = list(_rows(data))
    findings = [_finding(one) for one in data["findings"]]
    return output.Page(
        data=plain(data),
        headline=_headline(data),
        tables=[
            output.Table(_STUDIES, [_study(study) for study in data["studies"]], "Studies", frozenset({1, 4})),
            output.Table(_OUTCOMES, [row["shown"] for row in rows], "Outcomes", frozenset({3})),
            *([output.Table(_FINDINGS, findings, "Findings")] if findings else []),
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
    from trialplan.cli.words import number

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
