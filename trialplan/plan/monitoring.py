"""What a plan says of looking early, and the design that it makes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from trialplan import catalogue
from trialplan.design import Design
from trialplan.errors import ParameterError, PlanError
from trialplan.parameter import parameters
from trialplan.plan.section import Section, Text
from trialplan.sequential.base import WithLooks
from trialplan.sequential.boundaries.fields import read_looks

Rule = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}, {"type": "null"}]}),
]
"""A boundary's name, or the cumulative error that each look may have spent; the design judges it."""


def _as_read(value: Any) -> Any:
    """Fractions as the design reads them in any of their forms; what it refuses stays, for `check_rule` to tell."""
    try:
        return read_looks(value)
    except ParameterError:
        return value


_FRACTIONS = {"type": "array", "items": {"type": "number"}}

Looks = Annotated[
    Any,
    AfterValidator(_as_read),
    WithJsonSchema({"anyOf": [_FRACTIONS, {"type": "integer", "minimum": 2}, {"type": "string"}]}),
]
"""Fractions, "1/3,2/3,1" or their number, as --looks takes them; the design judges them."""

SomeLooks = Annotated[
    Any, WithJsonSchema({"anyOf": [_FRACTIONS, {"type": "number"}, {"type": "string"}, {"type": "null"}]})
]
"""Some of the looks, as --efficacy-at takes them."""

RULE = ("looks", "efficacy", "futility", "binding", "efficacy_at", "futility_at", "stops_when")
"""The keys of [monitoring] that make the design; the others are words."""


HARM_CERTAINTY = 0.95
"""Of guidance for harm, where a plan does not say otherwise: a harm that is likelier on treatment by 19 to 1 (ours)."""


class Monitoring(Section):
    """`[monitoring]`: looks at the primary endpoint, the rule, and who acts on it."""

    looks: Looks = Field(description="information fractions, the last one 1, as in [0.5, 1], or their number, as in 3")
    efficacy: Rule = Field("obrien-fleming", description="the efficacy boundary, or cumulative alpha by look")
    futility: Rule = Field(None, description="the futility boundary, or shares of beta by look; none without it")
    binding: bool = Field(False, description="whether futility is always obeyed, so that the level relies on it")
    efficacy_at: SomeLooks = Field(None, description="the looks that may stop for efficacy")
    futility_at: SomeLooks = Field(None, description="the looks that may stop for futility")
    stops_when: Text | None = Field(
        None, description="of several hypotheses, what ends the trial at a look: all are shown, any is, or the first"
    )
    harm_certainty: float = Field(
        HARM_CERTAINTY,
        gt=0.5,
        lt=1,
        description="how probable it is, where the committee's sheet asks it to consider stopping, that a harm is more "
        "likely on treatment; guidance, and no boundary",
    )
    why: Text | None = Field(None, description="why the trial is looked at then, and why by this rule")
    reviewer: Text | None = Field(None, description="who sees the results by arm, and advises whom")
    blinded: Text | None = Field(None, description="who does not see them")
    after_stop: Text | None = Field(None, description="what becomes of those randomised and not yet read, if it stops")


def check_rule(said: Monitoring | None) -> None:
    """Raise where a part of the rule is wrong by itself, before there is a design that it could not fit."""
    declared = parameters(WithLooks)
    try:
        for name, value in (_rule(said) if said else {}).items():
            if name in declared:
                declared[name].check("[monitoring]", name, value)
    except ParameterError as why:
        raise PlanError(why.sentence, place="[monitoring]") from None


def with_looks(design: Design, said: Monitoring | None) -> Design:
    """The design with the looks that the plan says, or the sentence that is wrong with them."""
    if said is None:
        return design
    if design.looks_by_counts:  # `size --looks` counts them; no document prints the counts that stop
        raise PlanError(
            f"[monitoring]: looks at {design.slug()} with test {design.way()} count responses, which no document tells "
            f"yet; set test to {design.by_normal_theory().way()}, or leave [monitoring] out"
        )
    if design.members and not catalogue.looking_at(design):
        raise PlanError(f"looks at {design.slug()} are not defined; leave it out", place="[monitoring]")
    try:
        return catalogue.with_looks(design, **_rule(said))
    except ParameterError as why:
        raise PlanError(why.sentence, place="[monitoring]") from None


def _rule(said: Monitoring) -> dict[str, Any]:
    rule = {name: as_tuple(getattr(said, name)) for name in RULE}
    if said.stops_when is None:  # of one hypothesis there is none
        del rule["stops_when"]
    return rule


def as_tuple(value: Any) -> Any:
    """A TOML array as a design takes it."""
    return tuple(value) if isinstance(value, list) else value
