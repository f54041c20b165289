"""Verify: simulated trials against what the formula claims, started by hand, watched, and stopped."""

from __future__ import annotations

from collections.abc import Iterator

from trialplan.web.controls import NUMBER, Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part
from trialplan.web.state import State
from trialplan.web.subject import Subject

TRIALS = "20000"
"""Trials that are simulated unless more are asked for: a claim is then known within half a point or so."""


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    trials = state.looked_at.get("trials", TRIALS)
    form = Control(path="view.trials", label="trials", hint="simulated of each claim", kind=NUMBER, value=trials)
    yield Part(
        title="Simulated trials",
        text="Participants are drawn one by one and analysed by the test itself; no formula is shared.",
        form=(form,),
        work="verify",
    )


PAGE = PageKind(
    name="verify",
    place=7,
    title="Verify",
    question="Do simulated trials show what the formula claims?",
    takes=lambda control: False,
    parts=_parts,
)
