"""What a plan must say before anything is computed: losses, sources, citations; and after: that its words agree."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, PlanError, did_you_mean
from trialplan.parameter import parameters
from trialplan.plan.schema import AssumptionSection, EndpointSection, PlanFile
from trialplan.text import with_article

_AGREE = 0.005
"""How far the stated target difference may lie from the planned one: what rounding to two decimals does."""


_MONTHS = {"day": 12 / 365.25, "week": 7 * 12 / 365.25, "month": 1.0, "year": 12.0}

_SAME_TIME = 0.1
"""How far two words for one time may lie apart, as a share: 24 weeks are called half a year, 12 a quarter."""


def check_losses(section: EndpointSection) -> None:
    """Missing counted as non-response and an inflation for the same missing would count the loss twice."""
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
        (f"the name {section.name!r}", _months(section.name)),
        (f"timepoint = {section.timepoint!r}", _months(section.timepoint)),
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


def _months(text: str) -> list[float]:
    """The durations that a text names, in months, each once."""
    named = re.findall(r"(\d+(?:\.\d+)?)[\s-]*(day|week|month|year)", text, re.IGNORECASE)
    return list(dict.fromkeys(float(number) * _MONTHS[unit.lower()] for number, unit in named))


def check_primaries(content: PlanFile, name: str) -> None:
    """Exactly one endpoint is primary, or two and more are a family."""
    primary = sum(endpoint.role == "primary" for endpoint in content.endpoint)
    if content.family is None and primary != 1:
        way = "; several need a [family] with its rule, such as co-primary" if primary > 1 else ""
        raise PlanError(f"{name}: exactly one endpoint must have role = 'primary', not {primary}{way}")
    if content.family is not None and primary < 2:
        raise PlanError(f"{name}: a [family] needs two endpoints or more with role = 'primary', not {primary}")


def check_names(content: PlanFile, name: str) -> None:
    """Each endpoint has a name of its own."""
    names = [endpoint.name for endpoint in content.endpoint]
    for twice in (one for one in names if names.count(one) > 1):
        raise PlanError(f"{name}: two endpoints are called {twice!r}; give each a name of its own")


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
            yield (one.bridge and one.bridge.source) or ""
    for stated in content.scenarios.controls:
        yield stated.source
    for stratum in content.randomisation.strata:
        yield stratum.source or ""
    yield (content.family and content.family.source) or ""
    yield from content.enrolment.sources() if content.enrolment else ()


def check_range(cls: type[Sized], name: str, one: AssumptionSection) -> None:
    """A range holds its value, lies where the number may lie, and says where it comes from."""
    if (one.range is None) != (one.range_source is None):
        missing = "range_source" if one.range_source is None else "range"
        raise PlanError(f"{name}: a range is a pair with its source; {missing} is missing")
    if one.range is None or one.value is None:
        return
    if isinstance(one.value, tuple):
        raise PlanError(f"{name}: a range is that of one number, and this is a list of {len(one.value)}; remove it")
    low, high = (parameters(cls)[name].check(cls.__name__, f"{name}: the range", end) for end in one.range)
    if not low <= one.value <= high or low == high:
        raise PlanError(
            f"{name}: the range {low:g} to {high:g} must be wider than nothing and hold the value {one.value:g}"
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
