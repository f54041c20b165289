"""Several primary endpoints as one: the design that a plan's [family] puts around theirs, and what it is called."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from trialplan import catalogue
from trialplan.design import Design
from trialplan.errors import PlanError, did_you_mean
from trialplan.parameter import parameters
from trialplan.plan.arms import OF_ARMS, numbers_of
from trialplan.plan.assumptions import Assumption
from trialplan.plan.checks import check_one_trial
from trialplan.plan.endpoint import Endpoint
from trialplan.plan.schema import ArmsSection, EndpointSection, FamilySection
from trialplan.wrapper import LEVEL, Wrapper


def family_endpoint(said: FamilySection, members: Sequence[Endpoint], arms: ArmsSection | None = None) -> Endpoint:
    """The endpoint that stands for all of them, not yet sized; its numbers bear the place of their member.

    With several arms each endpoint is a hypothesis of every treatment, and the rule is over all of these.
    """
    known = catalogue.families()
    if said.rule not in known:
        raise PlanError(f"there is no rule {said.rule!r}; {did_you_mean(said.rule, known)}")
    design = _design(known[said.rule], said, members, arms)
    assumptions = (*_of_members(members), *_own(design, said))
    return Endpoint(section=_section(said, members, design.any_will_do), design=design, assumptions=assumptions)


def _design(cls: type[Wrapper], said: FamilySection, members: Sequence[Endpoint], arms: ArmsSection | None) -> Wrapper:
    own = dict(said.model_extra or {})
    of_arms = numbers_of(arms)
    declared = {name: one for name, one in parameters(cls).items() if name not in ("members", *OF_ARMS)}
    for name in own:
        if name not in declared:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, declared)}")
    numbers: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in own.items()}
    check_one_trial(cls, numbers | of_arms)
    return cls(members=tuple(one.design for one in members), **numbers, **of_arms)  # type: ignore[call-arg]


def _of_members(members: Sequence[Endpoint]) -> Iterator[Assumption]:
    """Each member's assumptions, by name and place; a bridged one is the value that its member has."""
    for place, member in enumerate(members, 1):
        for one in member.assumptions:
            words: dict[str, Any] = {"name": f"{one.name}_{place}", "meaning": f"{one.label} for {member.name}"}
            apart: dict[str, Any] = {"role": "", "bridge": None, "reading": None if one.bridge else one.reading}
            yield dataclasses.replace(one, **words, **apart)


def _own(design: Design, said: FamilySection) -> Iterator[Assumption]:
    """The rule's own numbers, such as the correlation of the outcomes; those that the plan leaves out say so."""
    for name, what in parameters(type(design)).items():
        value = getattr(design, name)
        # what a rule is made of, such as its weights, is chosen and needs no source: its words tell it
        if name in ("members", *LEVEL) or what.choices or not what.role or value is None:
            continue
        stated = name in (said.model_extra or {})
        source = (said.source or "no source stated") if stated else "not stated, taken as it is by default"
        for one in value if isinstance(value, tuple) else (value,):
            yield Assumption(
                name=name,
                symbol=what.symbol,
                meaning=what.meaning,
                unit=what.unit,
                value=one,
                basis="ours",
                source=source,
            )


def _section(said: FamilySection, members: Sequence[Endpoint], any_will_do: bool) -> EndpointSection:
    """What the plan says of all of them; words that differ are joined."""
    sections = [one.section for one in members]
    months = [one.timepoint_months for one in sections if one.timepoint_months is not None]
    lost = [one for one in sections if one.dropout is not None]
    words = {name: _joined(getattr(one, name) for one in sections) for name in _WORDS}
    return EndpointSection.model_construct(
        None,
        **words,
        name=(" or " if any_will_do else " and ").join(one.name for one in sections),
        role="primary",
        timepoint_months=max(months) if len(months) == len(sections) else None,
        rationale=said.why or _joined(one.rationale for one in sections),
        design=said.rule,
        power=_power(said, sections),
        missing="excluded" if lost else "non-response",
        margin_source=_joined(one.margin_source for one in sections),
        missing_rationale=_joined(one.missing_rationale for one in sections),
        dropout=max((one.dropout or 0.0 for one in lost), default=None),
        dropout_source=_joined(one.dropout_source for one in lost),
    )


_WORDS = ("variable", "metric", "aggregation", "timepoint", "definition", "analysis", "note")


def _joined(words: Any) -> str | None:
    """Each once, in order; None where nothing is said."""
    return "; ".join(dict.fromkeys(filter(None, words))) or None


def _power(said: FamilySection, sections: Sequence[EndpointSection]) -> float:
    asked = list(dict.fromkeys(one.power for one in sections))
    if said.power is None and len(asked) > 1:
        raise PlanError(
            f"the endpoints ask for power {' and '.join(f'{one:g}' for one in asked)}, and succeed together; say power "
            "under [family]"
        )
    return asked[0] if said.power is None else said.power
