"""Bridge: what an open, uncontrolled result is worth, each belief with its source, and n under other beliefs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from trialplan.errors import TrialplanError
from trialplan.plan.variation import ALL, CONTROL_ARM, DISCOUNT, NO_BLINDING, READING
from trialplan.verbs.exploring import scenarios
from trialplan.web.controls import Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject
from trialplan.web.told import told


def _takes(control: Control) -> bool:
    return ".bridge." in control.path


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    trial = subject.trial
    yield Part(title="From the evidence to the planned rates", page=trial.page())
    listed = trial.plan.content.scenarios
    asked: dict[str, dict[str, tuple[Any, ...]]] = {
        "n under each published bias of open trials": {NO_BLINDING: (ALL,)},
        "n by the share of the excess that is not believed": {DISCOUNT: listed.discounts},
        "n against each control arm on record": {CONTROL_ARM: (ALL,)},
        "n by each reading of the table": {READING: (ALL,)},
    }
    for title, axes in asked.items():
        try:
            found = scenarios(trial, axes).page()
            # what is the same in all of them closes each page, and stands once on the page of the design
            yield Part(title=title, page=replace(found, tables=found.tables[:-1]))
        except TrialplanError as why:  # the plan has no such belief, and says so
            yield Part(title=title, text=f"Not of this plan: {told(why)}.")


PAGE = PageKind(
    name="bridge",
    place=2,
    title="Bridge",
    question="What is an open, uncontrolled result worth against placebo?",
    takes=_takes,
    parts=_parts,
    of_designs=False,
)
