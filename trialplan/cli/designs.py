"""`trialplan designs`: which designs are there, and what do their numbers mean?"""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.cli.options import output
from trialplan.cli.options.command import Verb
from trialplan.design import Design, Sized
from trialplan.page import Page, Table
from trialplan.parameter import Parameter, parameters
from trialplan.text import flag


@click.command(
    "designs",
    cls=Verb,
    params=[click.Argument(["design"], required=False), *output.options()],
    short_help="Which designs are there, and what do their numbers mean?",
    epilog=options.examples("trialplan designs", "trialplan designs two-proportions", "trialplan designs --json"),
)
def command(design: str | None, as_json: bool, output: Any) -> None:
    """The designs, each with the question that it answers.

    With a DESIGN, its numbers with symbol, unit, domain and meaning, and its table of tests: what each is, who
    uses it and when it errs.
    """
    from trialplan.cli.options.output import show

    show(_all() if design is None else _one(catalogue.design(design)), as_json, output)


def _all() -> Page:
    rows = [(slug, options.summary(cls)) for slug, cls in catalogue.designs().items()]
    return Page(
        data={"designs": [{"design": slug, "summary": words} for slug, words in rows]},
        headline=f"{len(rows)} designs; `trialplan designs NAME` says what the numbers of one mean",
        tables=[Table(("design", "question"), rows)],
        records=lambda: [{"design": slug, "summary": words} for slug, words in rows],
    )


def _one(cls: type[Sized]) -> Page:
    numbers = [_parameter(cls, name, one) for name, one in parameters(cls).items()]
    tests = [_test(name, row) for name, row in cls.tests.items()] if issubclass(cls, Design) else []
    return Page(
        data={"design": cls.slug(), "summary": options.summary(cls), "parameters": numbers, "tests": tests},
        headline=f"{cls.slug()}: {options.summary(cls)}",
        tables=[_numbers(numbers), *([_tests(tests)] if tests else [])],
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


def _test(name: str, row: Any) -> dict[str, Any]:
    return {
        "test": name,
        "goals": list(row.goals),
        "scales": list(row.scales),
        "exact": row.exact,
        "formula": row.formula,
        "reference": row.reference,
        "prose": row.prose,
    }


def _numbers(numbers: list[dict[str, Any]]) -> Table:
    names = ("option", "symbol", "unit", "domain", "meaning")
    return Table(names, [[row[name] for name in names] for row in numbers])


def _tests(tests: list[dict[str, Any]]) -> Table:
    rows = [[row["test"], row["prose"], ", ".join(row["goals"]), row["reference"]] for row in tests]
    return Table(("test", "what it is", "goals", "reference"), rows, title="Tests")
