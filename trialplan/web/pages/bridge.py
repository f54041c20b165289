"""Bridge: what an open, uncontrolled result is worth, each belief with its source, and n under other beliefs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trialplan.errors import TrialplanError
from trialplan.page import Page, Table
from trialplan.plan.variation import ALL, CONTROL_ARM, DISCOUNT, NO_BLINDING, READING, choices_called, varied
from trialplan.text import listed_apart
from trialplan.verbs.exploring import scenarios
from trialplan.web.controls import Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part, without_last
from trialplan.web.state import State
from trialplan.web.subject import Subject
from trialplan.web.told import told


def _takes(control: Control) -> bool:
    return ".bridge." in control.path


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    trial = subject.trial
    yield Part(title="From the evidence to the planned numbers", page=trial.page())
    asked: dict[str, tuple[str, tuple[Any, ...]]] = {
        NO_BLINDING: ("n under each published bias of open trials", (ALL,)),
        DISCOUNT: ("n by the share of the excess that is not believed", trial.plan.content.scenarios.discounts),
        CONTROL_ARM: ("n against each control arm on record", (ALL,)),
        READING: ("n by each reading of the table", (ALL,)),
    }
    there = varied(trial)
    for name, (title, values) in asked.items():
        if name in there:
            try:
                page = without_last(scenarios(trial, {name: values}).page())
                yield Part(title=title, page=_named(page, choices_called(trial).get(name, {})))
            except TrialplanError as why:  # the plan has such a belief, and no answer for another one
                yield Part(title=title, wrong=told(why))
    bridged = [one.name for one in trial.primaries if any(said.bridge is not None for said in one.assumptions)]
    if bridged and trial.family is not None:
        yield Part(
            title="n under other beliefs",
            text=f"A rate of {listed_apart(bridged)} is drawn from open, uncontrolled studies and corrected as stands "
            "above. Several endpoints are primary here, and n is not varied over what is believed of one of them. The "
            "numbers of each may be varied on the page Scenarios.",
        )
    if not bridged:
        yield Part(
            title="Nothing to take off",
            text="No rate of this plan is drawn from open, uncontrolled studies, so none is corrected for what such "
            "studies overstate. Where each number comes from stands above.",
        )


def _named(page: Page, called: Mapping[str, str]) -> Page:
    """The page with what its rows are of in place of the keys by which the plan knows it."""
    first, *others = page.tables
    rows = [(called.get(key, key), *cells) for key, *cells in first.rows]
    return replace(page, tables=[Table(first.columns, rows, first.title, first.right), *others])


PAGE = PageKind(
    name="bridge",
    place=2,
    title="Bridge",
    question="What does the evidence come to in a trial with a control?",
    takes=_takes,
    parts=_parts,
    of_designs=False,
)
