"""What a plan must say before anything is computed: losses, sources, citations; and after: that its words agree."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, PlanError, did_you_mean
from trialplan.parameter import parameters
from trialplan.plan.named_times import durations
from trialplan.plan.schema import STRATEGIES, AssumptionSection, EndpointSection, HierarchySection, PlanFile
from trialplan.sized import has_times
from trialplan.text import listed, with_article

_AGREE = 0.005
"""How far the stated target difference may lie from the planned one: what rounding to two decimals does."""


_SAME_TIME = 0.1
"""How far two words for one time may lie apart, as a share: 24 weeks are called half a year, 12 a quarter."""


def check_losses(section: EndpointSection, cls: type[Sized] | None = None) -> None:
    """Missing counted as non-response and an inflation for the same missing would count the loss twice.

    A design that has its losses among its own numbers sizes those randomised, and takes no others.
    """
    if cls is not None and cls.loses_by:
        if section.missing == "non-response" or section.dropout:
            raise PlanError(
                f"{cls.slug()} has its losses among its own numbers ({cls.loses_by}), and n is the number randomised; "
                f"leave missing and dropout out, and {cls.losing(section.dropout or 0.0)}"
            )
        return
    if section.missing == "non-response" and section.dropout is not None:
        raise PlanError(
            "missing = 'non-response' already lowers the rates, and dropout would inflate n for the same losses; "
            "remove one of them"
        )
    if section.missing == "excluded" and (section.dropout is None or section.dropout_source is None):
        raise PlanError(
            "missing = 'excluded' needs dropout, the share of participants without an outcome, and dropout_source"
        )
    if section.role == "primary" and section.missing is None:
        raise PlanError(
            "the primary endpoint must say how a missing outcome is analysed: missing = 'non-response' or 'excluded'"
        )


def check_times(section: EndpointSection) -> None:
    """Name, time point and months of an endpoint must mean one time, where each of them tells just one."""
    told = [
        (f"the name {section.name!r}", durations(section.name)),
        (f"timepoint = {section.timepoint!r}", durations(section.timepoint)),
    ]
    if section.timepoint_months is not None:
        told.append((f"timepoint_months = {section.timepoint_months:g}", [section.timepoint_months]))
    plain = [(words, months[0]) for words, months in told if len(months) == 1]
    for (words, months), (others, different) in itertools.pairwise(plain):
        if abs(months - different) > _SAME_TIME * max(months, different):
            raise PlanError(
                f"{words} means {months:.3g} months, and {others} means {different:.3g}; correct one, or name both "
                "times where both are meant"
            )


def check_time_unit(section: EndpointSection, cls: type[Sized] | None) -> None:
    """A unit of time is of a design's own times, and of no use where it has none."""
    if section.time_unit is not None and (cls is None or not has_times(cls)):
        who = "an endpoint without a design" if cls is None else cls.slug()
        raise PlanError(
            f"time_unit = {section.time_unit!r} is the unit of a design's times, and {who} has none; leave it out, and "
            "say in timepoint when the endpoint is read"
        )


def check_turns(content: PlanFile, slug: str) -> None:
    """What is taken in turn must wear off: a plan says so, and for how long nothing is given between periods."""
    given, parallel = content.intervention, "or compare arms that are treated side by side"
    if given.reversible is False:
        raise PlanError(
            f"{slug} gives each participant one treatment after the other, and [intervention] says that what is given "
            "cannot be taken back (reversible = false); compare arms that are treated side by side"
        )
    if given.reversible is None:
        raise PlanError(
            f"{slug} gives each participant one treatment after the other, so what is given must wear off before the "
            f"next; say reversible = true under [intervention], with the washout, {parallel}"
        )
    if given.washout is None:
        raise PlanError(
            f"{slug} needs washout under [intervention]: how long nothing is given between periods, and why nothing is "
            f"carried over, {parallel}"
        )


def check_primaries(content: PlanFile, name: str) -> None:
    """Exactly one endpoint is primary, or two and more are a family."""
    primary = sum(endpoint.role == "primary" for endpoint in content.endpoint)
    if content.family is None and primary != 1:
        way = "; several need a [family] with its rule, such as co-primary" if primary > 1 else ""
        raise PlanError(f"{name}: exactly one endpoint must have role = 'primary', not {primary}{way}")
    if content.family is not None and primary < 2:
        raise PlanError(f"{name}: a [family] needs two endpoints or more with role = 'primary', not {primary}")


def check_names(content: PlanFile, name: str) -> None:
    """Each endpoint has a name of its own, and each arm, and each row of the tables of scenarios."""
    names = [endpoint.name for endpoint in content.endpoint]
    for twice in (one for one in names if names.count(one) > 1):
        raise PlanError(f"{name}: two endpoints are called {twice!r}; give each a name of its own")
    treatments = (content.trial.treatment_name,) if content.arms is None else content.arms.names
    for twice in _twice([content.trial.control_name, *treatments]):
        raise PlanError(f"{name}: two arms are called {twice!r}; give each a name of its own")
    for kind, rows in (("controls", content.scenarios.controls), ("readings", content.scenarios.readings)):
        for twice in _twice([one.label for one in rows]):
            raise PlanError(f"{name}: two [[scenarios.{kind}]] are labelled {twice!r}; give each a label of its own")


def _twice(names: Sequence[str]) -> Iterator[str]:
    """Names that a reader could not tell apart: alike but for capitals and spaces."""
    read = [" ".join(one.casefold().split()) for one in names]
    return (one for one, plain in zip(names, read, strict=True) if read.count(plain) > 1)


_MISSING = re.compile(
    r"\b(missing|lost to follow.?up|no assessment|not assessed|no (outcome|visit)|withdrawal "
    r"(from the (trial|study)|of consent)|withdrawn (from the (trial|study)|consent))\b",
    re.IGNORECASE,
)
"""What E9(R1), A.3.1, keeps apart from intercurrent events: data that would be meaningful and were not collected."""

_ALIVE = re.compile(
    r"\b(those|participants|patients|everybody|survivors) (still )?alive\b|\bamong survivors\b", re.IGNORECASE
)
"""A population that the treatment itself selects: none of the five strategies, unless it is a principal stratum."""

_RESPONDERS = re.compile(r"\b(of|among|in) (the |those )?(responders|who respond(ed)?)\b", re.IGNORECASE)
"""What is counted only where there was a response first."""


def check_estimand(content: PlanFile, name: str) -> None:
    """Missing data are no intercurrent event, and what follows another strategy is no sensitivity analysis."""
    for one in content.estimand.intercurrent:
        if _MISSING.search(one.event):
            raise PlanError(
                f"{name}: {one.event!r} is missing data and no intercurrent event (ICH E9(R1), A.3.1); say under "
                "[[endpoint]] missing and [analysis] missing how it enters"
            )
        if _ALIVE.search(one.planning):
            raise PlanError(
                f"{name}: analysing those alive is none of the five strategies, {listed(STRATEGIES)}; say which of "
                f"them {one.event!r} follows"
            )
    for endpoint in content.endpoint:
        told = " ".join(filter(None, (endpoint.metric, endpoint.aggregation, endpoint.estimand)))
        if endpoint.design is not None and endpoint.role != "safety" and _RESPONDERS.search(told):
            raise PlanError(
                f"{name}, endpoint {endpoint.name!r}: it would be tested among responders, whom the treatment selects, "
                "so the arms are no longer randomised; leave design out, and it is described"
            )
    for words in content.analysis.sensitivity:
        strategy = next((one for one in STRATEGIES if one in words.lower()), None)
        if strategy is not None or _ALIVE.search(words):
            about = f"the strategy {strategy!r}" if strategy else "those alive"
            raise PlanError(
                f"{name}: the sensitivity analysis {words!r} is of {about}, and so of another estimand; a sensitivity "
                "analysis keeps the estimand and varies assumptions (ICH E9(R1), A.5.2): move it to supplementary"
            )


def check_citations(content: PlanFile, name: str) -> None:
    """Every [key] in a source must stand in the list of references."""
    known = [one.key for one in content.reference]
    for source in _sources(content):
        for key in re.findall(r"\[([a-z][a-z0-9-]*)\]", source):
            if key not in known:
                hint = did_you_mean(key, known) if known else "the plan lists no [[reference]]"
                raise PlanError(f"{name}: a source cites [{key}], which is not in the list of references; {hint}")


def _sources(content: PlanFile) -> Iterator[str]:
    yield content.target_difference.source
    for endpoint in content.endpoint:
        yield endpoint.dropout_source or ""
        for one in endpoint.assumptions.values():
            yield one.source or ""
            yield one.range_source or ""
            yield (one.effect and one.effect.source) or ""
            yield (one.experts and one.experts.source) or ""
            yield from one.bridge.sources() if one.bridge else ()
    for stated in content.scenarios.controls:
        yield stated.source
    for stratum in content.randomisation.strata:
        yield stratum.source or ""
    yield (content.family and content.family.source) or ""
    yield from content.enrolment.sources() if content.enrolment else ()


def check_order(said: HierarchySection | None, tested: Sequence[Design], in_family: bool, name: str) -> None:
    """Raise where `[hierarchy]` says of outcomes tested in order what cannot be, or what nothing could be made of."""
    if said is None:
        return
    where = f"{name}, [hierarchy]"
    if in_family:
        raise PlanError(
            f"{where}: the primary endpoints are a [family], which has its own rule and correlation, and what is "
            "tested after it is told with the least and the most power that it can have; leave [hierarchy] out"
        )
    if len(tested) < 2:
        raise PlanError(f"{where}: fewer than two endpoints are tested one after the other by it; leave it out")
    for one in tested:
        try:
            joined = len(one.latent()) == len(tested[0].arm_names)
        except ParameterError:
            joined = False
        if not joined:
            raise PlanError(
                f"{where}: the outcome of an endpoint of design {one.slug()} cannot be joined with others; leave "
                "[hierarchy] out"
            )
    least = -1 / (len(tested) - 1)
    if said.correlation < least:
        raise PlanError(
            f"{where}: {len(tested)} outcomes cannot all have the correlation {said.correlation:g} with each other; "
            f"it is at least {least:.3g}"
        )


def check_one_trial(cls: type[Sized], numbers: Mapping[str, Any]) -> None:
    """A plan is of one trial: where a design would take an array of a number, one for each of many trials, it may not.

    What is a vector by itself, as of strata, may be one. A wrong plan is refused before numpy is imported.
    """
    known = parameters(cls)
    for name, value in numbers.items():
        if name in known and getattr(known[name].check(cls.__name__, name, value), "ndim", None):
            told = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else value
            way_out = "a plan is of one trial, and `trialplan scenarios` varies it"
            raise ParameterError(f"must be one number, not {told}", parameter=name, value=value, way_out=way_out)


def check_range(cls: type[Sized], name: str, one: AssumptionSection) -> None:
    """A range holds its value, lies where the number may lie, and says where it comes from."""
    if (one.range is None) != (one.range_source is None):
        missing = "range_source" if one.range_source is None else "range"
        raise PlanError(f"{name}: a range is a pair with its source; {missing} is missing")
    if one.range is None or one.value is None:
        return
    if isinstance(one.value, tuple):
        raise PlanError(f"{name}: a range is that of one number, and this is a list of {len(one.value)}; remove it")
    declared = parameters(cls)[name]
    declared.check(cls.__name__, name, one.value)
    low, high = (declared.check(cls.__name__, f"{name}: the range", end) for end in one.range)
    if not low <= one.value <= high or low == high:
        raise PlanError(
            f"{name}: the range {low:g} to {high:g} must be wider than nothing and hold the value {one.value:g}"
        )


def check_two_treatments(design: Sized) -> None:
    """A plan names one treatment and one control: a third that participants take in turn would be told of nowhere."""
    if design.further_treatments:
        more = listed(design.further_treatments)
        raise PlanError(
            f"a plan compares its treatment, A, with its control, B, and these sequences give {more}, too, of which "
            f"its documents would say nothing; size it by `trialplan size {design.slug()}`, or take sequences of two"
        )


def check_null(design: Sized) -> None:
    """A margin must leave a null hypothesis that can be true: one beyond the possible rates is rejected by itself."""
    if not isinstance(design, Design) or design.margin is None or design.members:
        return
    name, domain = design.effect, design.effect_domain()
    for value in design.null_values():
        try:
            parameters(type(design))[name].check(type(design).__name__, name, float(value))
        except ParameterError:
            comparator = design.declared("comparator")
            beside = ""
            if comparator is not None:
                rate = float(design.value("comparator"))
                beside = f" beside {with_article(comparator.label)} of {rate:g}"
            raise PlanError(
                f"the margin {_shown(design.margin)}{beside} puts the null hypothesis at {float(value):.4g}, outside "
                f"{domain}: it could not be true; take a smaller margin"
            ) from None


def _shown(margin: object) -> str:
    return " to ".join(f"{one:g}" for one in margin) if isinstance(margin, tuple) else f"{margin:g}"


def check_target(content: PlanFile, name: str, planned: float, how: str = "") -> None:
    """The target difference that the plan states must be the one that its assumptions plan for; `how` is their sum."""
    said = content.target_difference.value
    if abs(said - planned) > max(_AGREE, _AGREE * abs(planned)):
        raise PlanError(
            f"{name}: target_difference.value is {said:g}, but the assumptions plan for {planned:.3g}{how}; correct one"
        )
