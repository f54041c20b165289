"""More than two arms: the design that a plan's [arms] puts around the primary endpoint's."""

from __future__ import annotations

from typing import Any

from trialplan import catalogue
from trialplan.catalogue import COUNT
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, PlanError, did_you_mean
from trialplan.parameter import parameters
from trialplan.plan.checks import check_one_trial
from trialplan.plan.schema import ArmsSection, PlanFile
from trialplan.wrapper import Wrapper


def with_arms(design: Design, said: ArmsSection | None) -> Design:
    """The design of one treatment against the control, put around all treatments that the plan names, if it does.

    `rule` is a wrapper that declares how many treatments there are; without one it is the catalogue's first of them.
    """
    if said is None:
        return design
    _check_received(said)
    known = catalogue.over_arms()
    rule = next(iter(known)) if said.rule is None else said.rule
    if rule not in known:
        raise PlanError(f"there is no rule {rule!r}; {did_you_mean(rule, known)}", place="[arms]")
    cls: type[Wrapper] = known[rule]
    own = dict(said.model_extra or {})
    for name, why in _NOT_ITS_OWN.items():
        if name in own:
            raise PlanError(f"{name} is {why}; leave it out", place="[arms]")
    declared = [name for name in parameters(cls) if name not in _NOT_ITS_OWN]
    for name in own:
        if name not in declared:
            raise PlanError(f"{cls.slug()} has no {name!r}; {did_you_mean(name, declared)}", place="[arms]")
    numbers: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in own.items()}
    numbers |= {"design": design, COUNT: len(said.names)}
    try:
        check_one_trial(cls, numbers)
        return cls(**numbers)
    except ParameterError as why:
        raise PlanError(why.sentence, place="[arms]") from None


def numbers_of(said: ArmsSection | None) -> dict[str, Any]:
    """What `[arms]` says to a family of endpoints: how many treatments there are, and its other numbers of them."""
    if said is None:
        return {}
    _check_received(said)
    if said.rule is not None:
        raise PlanError(
            f"the rule of [family] is over arms and endpoints together; leave rule = {said.rule!r} out", place="[arms]"
        )
    own = dict(said.model_extra or {})
    for name in own:
        if name in _NOT_ITS_OWN:
            raise PlanError(f"{name} is {_NOT_ITS_OWN[name]}; leave it out", place="[arms]")
        if name not in OF_ARMS:
            raise PlanError(f"beside a [family] there is no {name!r}; {did_you_mean(name, OF_ARMS)}", place="[arms]")
    return {COUNT: len(said.names)} | {name: tuple(one) if isinstance(one, list) else one for name, one in own.items()}


def _check_received(said: ArmsSection) -> None:
    """As many treatments are described as are named."""
    if said.receives is not None and len(said.receives) != len(said.names):
        raise PlanError(
            f"receives describes {len(said.receives)} treatments, and names names {len(said.names)}; write what each "
            "receives, in the order of names",
            place="[arms]",
        )


def planned_alike(said: ArmsSection | None) -> bool:
    """Whether there are several treatments, and the numbers of the primary endpoint hold of each."""
    return said is not None and len(said.names) > 1 and not (said.model_extra or {}).get(SHARES)


def received(content: PlanFile, design: Sized) -> dict[str, str | None]:
    """What the participants of each of the design's arms receive; of an arm of which the plan says nothing none.

    Several treatments are each described under [arms], for the intervention of the trial is about all of them; an arm
    that gets more than one of them receives what each does.
    """
    trial, arms = content.trial, content.arms
    told: dict[str, str | None] = {"treatment": trial.intervention, "control": trial.control}
    if arms is not None and (given := _treatments_by_arm(content, design)):
        parts = arms.receives or ()
        told = {name: "; ".join(parts[i] for i in places if i < len(parts)) or None for name, places in given.items()}
        told |= {name: trial.control for name, places in given.items() if not places}
    return {name: told.get(name) for name in design.arm_names}


def arm_words(content: PlanFile, design: Sized) -> dict[str, str]:
    """The plan's names of a design's arms, the control last; those of which it says nothing have the design's."""
    trial, arms = content.trial, content.arms
    words = {"treatment": trial.treatment_name, "control": trial.control_name}
    if arms is not None:
        given = _treatments_by_arm(content, design)
        alone = " alone" if any(len(places) > 1 for places in given.values()) else ""
        for name, places in given.items():
            words[name] = " and ".join(arms.names[i] for i in places) + alone * (len(places) == 1) or trial.control_name
    return {name: words.get(name, name) for name in design.arm_names}


def tested_names(content: PlanFile, design: Design) -> tuple[str, ...]:
    """What a design of several tests, by the plan's names of treatments and primary endpoints."""
    arms, members = content.arms, tuple(one.name for one in content.endpoint if one.role == "primary")
    treatments = (content.trial.treatment_name,) if arms is None else arms.names
    return design.named(members, treatments) if isinstance(design, Wrapper) else members


def _treatments_by_arm(content: PlanFile, design: Sized) -> dict[str, tuple[int, ...]]:
    """The places of the treatments that each arm gets, of a design whose arms are those of all that the plan names."""
    found = {name: design.treatments_of(name) for name in design.arm_names}
    named = 0 if content.arms is None else len(content.arms.names)
    return found if {place for places in found.values() for place in places} == {*range(named)} else {}


SHARES = "effect_shares"
"""How much of the effect each of several treatments has, where they are not planned alike."""

OF_ARMS = (COUNT, SHARES)
"""What a family declares of its arms, and [arms] says of them."""

_NOT_ITS_OWN = {COUNT: "the number of names", "design": "that of the primary endpoint"}
"""What the rule declares and the plan says elsewhere."""
