"""Design: n with the sentence that a protocol would carry, all applicable tests beside it, and the power curve."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

from trialplan.design import Design
from trialplan.page import Page, Table
from trialplan.plan.endpoint import Endpoint
from trialplan.text import NONE, in_unit
from trialplan.web.controls import Control
from trialplan.web.pages import PageKind
from trialplan.web.part import Part, without_last
from trialplan.web.state import State
from trialplan.web.subject import Subject


def _takes(control: Control) -> bool:
    """Every number of a design; of a plan the arms, the endpoints' choices and their stated values."""
    path = control.path
    stated = ".assumptions." in path and path.endswith((".value", ".range"))
    of_endpoint = path.startswith("endpoint.") and ".assumptions." not in path and ".selection." not in path
    return (
        "." not in path
        or path.startswith(("trial.allocation", "target_difference.", "randomisation."))
        or of_endpoint
        or stated
    )


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    from trialplan.protocol.content import figures

    answer = subject.answer
    yield Part(title="The number", page=answer.page())
    if subject.is_plan:
        yield Part(title="What the number rests on", page=_rests_on(subject.members))
    if answer.design.has_level:
        yield Part(title="A paragraph to copy", copied=_statement(subject), prose=True)
    if subject.is_plan and figures.graph(subject.trial) is not None:
        yield Part(title="How the level is handed on", figure="graph")
    design = cast("Design", answer.design)
    if answer.design.has_level:
        if not design.looks:
            from trialplan.verbs.sizing import compare

            asked = compare(design, float(answer.target))
            if len(asked.rows) > 1:
                yield Part(title="What each applicable test would ask for", page=without_last(asked.page()))
        if not answer.design.fixes_n():
            from trialplan.web.pictures import power

            # what is drawn is the design's own to say: power, boundaries, or the trial over time
            yield Part(title=power(subject, state).title or "Power against participants", figure="power")


def _rests_on(primaries: Sequence[Endpoint]) -> Page:
    """Each number that sizes the trial, its value, and whether it is measured, believed or assumed."""
    several = len(primaries) > 1
    rows = [
        (
            f"{one.label}{f', {endpoint.name}' if several else ''}",
            NONE if one.value is None else in_unit(one.value, one.unit),
            one.known_by,
        )
        for endpoint in primaries
        for one in endpoint.assumptions
    ]
    headline = "How each number is known; its source stands on the page Bridge, and below in the paragraph to copy"
    return Page(data=None, headline=headline, tables=[Table(("number", "value", "how it is known"), rows)])


def _statement(subject: Subject) -> str:
    if not subject.is_plan:
        return subject.answer.statement()
    from trialplan.verbs.planning import render_protocol

    whole = render_protocol(subject.trial, document="statement").partition("\n\n")[2]
    # what follows on a new page says how the document was made; what is copied is text, with nothing bold or escaped
    plain = whole.partition("\n::: ")[0].replace("**", "")
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", plain).strip()


PAGE = PageKind(
    name="design",
    place=3,
    title="Design",
    question="How many participants, by which test?",
    takes=_takes,
    parts=_parts,
)
