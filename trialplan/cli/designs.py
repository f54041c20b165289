"""`trialplan designs`: the designs, and what their numbers mean."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.design import AnalysisTest, Design, Sized
from trialplan.page import Page, Table
from trialplan.parameter import Parameter, parameters
from trialplan.text import flag


@click.command(
    "designs",
    cls=Verb,
    params=[click.Argument(["design"], required=False), *output_options()],
    short_help="Which designs are there, and what do their numbers mean?",
    epilog=options.examples("trialplan designs", "trialplan designs two-proportions", "trialplan designs --json"),
)
def command(design: str | None, as_json: bool, output: Any) -> None:
    """The designs, each with the question that it answers.

    With a DESIGN, its numbers with symbol, unit, domain and meaning, and its table of tests: what each is, who
    uses it and when it errs.
    """
    show(_all() if design is None else _one(catalogue.design(design)), as_json, output)


def _all() -> Page:
    rows = [(slug, options.summary(cls)) for slug, cls in catalogue.designs().items()]
    records = [{"design": slug, "summary": words} for slug, words in rows]
    return Page(
        data={"designs": records},
        headline=f"{len(rows)} designs; `trialplan designs NAME` says what the numbers of one mean",
        tables=[Table(("design", "question"), rows)],
        records=lambda: records,
    )


def _one(cls: type[Sized]) -> Page:
    numbers = [_parameter(cls, name, declared) for name, declared in parameters(cls).items()]
    names = ("option", "symbol", "unit", "domain", "meaning")
    tables = [Table(names, [[row[name] for name in names] for row in numbers])]
    tests = [_test(name, row) for name, row in cls.tests.items()] if issubclass(cls, Design) else []
    if tests:
        rows = [[row["test"], row["prose"], ", ".join(row["goals"]), row["reference"]] for row in tests]
        tables.append(Table(("test", "what it is", "goals", "reference"), rows, title="Tests"))
    return Page(
        data={"design": cls.slug(), "summary": options.summary(cls), "parameters": numbers, "tests": tests},
        headline=f"{cls.slug()}: {options.summary(cls)}",
        tables=tables,
        records=lambda: numbers,
    )


def _parameter(cls: type[Sized], name: str, declared: Parameter) -> dict[str, Any]:
    default = {f.name: f.default for f in dataclasses.fields(cls)}[name]
    return {
        "name": name,
        "option": f"--{flag(name)}",
        "symbol": declared.symbol,
        "unit": declared.unit,
        "domain": " | ".join(map(str, declared.choices)) if declared.choices else str(declared.domain or ""),
        "required": default is dataclasses.MISSING,
        "default": None if default is dataclasses.MISSING else default,
        "meaning": declared.meaning,
    }


def _test(name: str, row: AnalysisTest) -> dict[str, Any]:
    lists = {"goals": list(row.goals), "scales": list(row.scales)}
    return {"test": name, **lists, **{key: getattr(row, key) for key in ("exact", "formula", "reference", "prose")}}
