"""The sheet of a data monitoring committee: what stops the trial in counts, guidance for harm, and how to ask again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan.analyses.harm_guidance import REFERENCE, chance_raised, least_cases
from trialplan.design import Design
from trialplan.files import typed
from trialplan.numerics.binomial_limits import clopper_pearson_limits
from trialplan.numerics.elementary import normal_quantile
from trialplan.plan.building import Trial
from trialplan.plan.monitoring import HARM_CERTAINTY
from trialplan.protocol.content.interim_analyses import LookView, Monitored, monitored
from trialplan.protocol.content.views import ONE_ARM, TWO_ARMS, Arm, arm_names
from trialplan.sequential.base import WithLooks
from trialplan.sequential.interim.counts_at_bounds import (
    CountsAtBounds,
    counts_at_bounds,
    expected_counts,
    looked_at_in_counts,
)
from trialplan.wrapper import Wrapper

CASES = 5
"""Columns of a table of cases, from none: harms that a committee must weigh case by case are few."""

WITHOUT_LOOKS = (0.25, 0.5, 0.75, 1.0)
"""Shares of the participants for which a sheet without looks tells its cases: somewhere to read between."""

RATES = (0.01, 0.05, 0.1)
"""Rates of a harm for which the chance of a false alarm is told where the plan names none (ours)."""


@dataclass(frozen=True, kw_only=True)
class LookSheet:
    """One look on the sheet: its sizes, what stops in counts by the count of the control, and the command to type.

    `counts` are empty where a look is not told in counts: the boundaries of `look` then speak in the effect's unit.
    """

    look: LookView
    sizes: tuple[int, ...]
    counts: tuple[CountsAtBounds, ...]
    command: str

    def row(self, name: str) -> tuple[int | None, ...]:
        """The counts of one boundary; empty where no column has one."""
        found = tuple(getattr(one, name) for one in self.counts)
        return () if all(one is None for one in found) else found


@dataclass(frozen=True, kw_only=True)
class LookAtSeveral:
    """One look at several treatments or hypotheses: its arms, what stops in counts of one of them, and what to type.

    `sizes` are those of one treatment and of the control, and `counts` empty where a look is not told in counts, or
    each hypothesis has boundaries of its own.
    """

    number: int
    final: bool
    information: float
    n: int
    arms: tuple[Arm, ...]
    efficacy: float | None
    futility: float | None
    counts: tuple[CountsAtBounds, ...]
    command: str

    def row(self, name: str) -> tuple[int | None, ...]:
        """The counts of one boundary; empty where no column has one."""
        found = tuple(getattr(one, name) for one in self.counts)
        return () if all(one is None for one in found) else found


@dataclass(frozen=True, kw_only=True)
class CasesAt:
    """For a number of participants of each arm: the fewest cases on treatment, by the cases on control."""

    sizes: tuple[int, int]
    least: tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True)
class FalseAlarm:
    """How often the guidance is met by one look or another where the harm is equally likely, or twice as likely."""

    label: str
    rate: float
    equal: float
    doubled: float | None


@dataclass(frozen=True, kw_only=True)
class LimitOfCases:
    """What a number of cases of one arm leaves possible."""

    cases: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class HarmGuidance:
    """Cases of a harm that make it likely to be more frequent on treatment; of one arm, the limits of its rate."""

    certainty: float
    chosen: bool
    reference: str
    on_control: tuple[int, ...]
    at: tuple[CasesAt, ...]
    alarms: tuple[FalseAlarm, ...]
    named: bool
    limits: tuple[LimitOfCases, ...]
    n: int


@dataclass(frozen=True, kw_only=True)
class CommitteeSheet:
    """The whole sheet; without looks it is that of harms alone."""

    monitored: Monitored | None
    looks: tuple[LookSheet, ...]
    several: tuple[LookAtSeveral, ...]
    drops: bool
    some_may_end: bool
    upward: bool
    responders: str
    harm: HarmGuidance
    facts: tuple[tuple[str, str], ...]
    lacks: tuple[str, ...]
    within: bool


def sheet(trial: Trial) -> CommitteeSheet:
    """What a plan gives its committee."""
    design = trial.design
    fixed = design.fixed
    assert isinstance(fixed, Design)  # a test's design without looks is one
    found = monitored(trial)
    several = () if found is not None or not isinstance(design, WithLooks) else tuple(_at_several(trial, design))
    facts = list(_facts(trial))
    return CommitteeSheet(
        monitored=found,
        looks=() if found is None else tuple(_look(trial, design, look) for look in found.looks),
        several=several,
        drops=any(one.futility is not None for one in several) or bool(trial.needed and trial.needed.why),
        some_may_end=len(design.arm_names) > len(TWO_ARMS),
        upward=fixed.lead.upward if isinstance(fixed, Wrapper) else fixed.upward,
        responders=(fixed.lead if isinstance(fixed, Wrapper) else fixed).outcome.responder,
        harm=_harm(trial, several if found is None else found.looks),
        facts=tuple((what, words) for what, words, _ in facts if words),
        lacks=tuple(f"{what.lower()} ({key})" for what, words, key in facts if not words),
        within=trial.within is not None,
    )


def _look(trial: Trial, design: Design, look: LookView) -> LookSheet:
    """The look in counts, where it is told so."""
    sizes = tuple(round(arm.n) for arm in look.arms)
    counts: tuple[CountsAtBounds, ...] = ()
    if design.arm_names in (ONE_ARM, TWO_ARMS) and looked_at_in_counts(design, look.n):
        rates = design.fixed.count_rates()
        controls = (None,) if len(sizes) == 1 else expected_counts(float(rates[1]), sizes[1])
        bounds = [None if bound is None else bound.z for bound in (look.efficacy, look.futility)]
        counts = tuple(counts_at_bounds(design, sizes, control, *bounds) for control in controls)
    return LookSheet(look=look, sizes=sizes, counts=counts, command=_command(trial, look, sizes, counts))


def _at_several(trial: Trial, design: WithLooks) -> Iterator[LookAtSeveral]:
    """The looks at several: in counts where one boundary is that of all, and they are told so."""
    rows, one, typed_so_far = trial.answer.extra["looks"], design.one_of_several, ""
    names, fixed = arm_names(trial, design), design.fixed
    assert isinstance(fixed, Wrapper)  # a look at one has a sheet of its own
    count = len(fixed.named([""] * len(fixed.members), fixed.arm_names[:-1]))
    for number, row in enumerate(rows, 1):
        split = [round(float(size)) for size in design.split(row["n"])]
        efficacy, futility = row.get("efficacy_z"), row.get("futility_z")
        sizes, counts = (split[0], split[-1]), tuple[CountsAtBounds, ...]()
        if one is not None and one.arm_names == TWO_ARMS and looked_at_in_counts(one, sum(sizes)):
            # what lies on the lower boundary is not dropped
            below = None if futility is None else math.nextafter(futility, -math.inf)
            controls = expected_counts(float(one.count_rates()[1]), sizes[1])
            counts = tuple(counts_at_bounds(one, sizes, control, efficacy, below) for control in controls)
        typed_so_far += f" --z {_between(efficacy, futility, count)}"
        yield LookAtSeveral(
            number=number,
            final=number == len(rows),
            information=row["information"],
            n=int(row.get("n_at_most", row["n"])),
            arms=tuple(Arm(name=names[arm], n=size) for arm, size in zip(design.arm_names, split, strict=True)),
            efficacy=efficacy,
            futility=futility,
            counts=counts,
            command=f"trialplan monitor {typed(Path(Path(trial.plan.name).name))}{typed_so_far}",
        )


def _between(efficacy: float | None, futility: float | None, count: int) -> str:
    """As many z between the boundaries, no two of them the same, as an example of what is typed."""
    low, high = 0.0 if futility is None else futility, 2.0 if efficacy is None else efficacy
    return ",".join(f"{low + (high - low) * (count - i) / (2 * count + 1):.2f}" for i in range(count))


def _command(trial: Trial, look: LookView, sizes: tuple[int, ...], counts: tuple[CountsAtBounds, ...]) -> str:
    """What to type, with the result that lies at the look's boundary as the example."""
    asked = f"trialplan monitor {typed(Path(Path(trial.plan.name).name))} --look {look.number}"
    middle = counts[len(counts) // 2] if counts else None
    at = None if middle is None else middle.efficacy if middle.efficacy is not None else middle.futility
    if middle is not None and at is not None:
        others = () if middle.control is None else (middle.control,)
        return f"{asked} --events {','.join(f'{x}/{n}' for x, n in zip((at, *others), sizes, strict=True))}"
    if look.efficacy is None:
        return f"{asked} --z {0.0 if look.futility is None else look.futility.z:.2f}"
    return f"{asked} --z {math.ceil(1000 * look.efficacy.z) / 1000:.3f}"  # up, so that what is typed is beyond it


def _harm(trial: Trial, looks: Sequence[LookView | LookAtSeveral]) -> HarmGuidance:
    """The table of cases at the looks, or at shares of the trial where it has none."""
    names, arms = tuple(trial.arms_randomised), tuple(trial.arms_randomised.values())
    said = trial.plan.content.monitoring
    certainty = HARM_CERTAINTY if said is None else said.harm_certainty
    sizes: list[tuple[int, int]] = []
    if names == TWO_ARMS:
        shares = [tuple(round(share * n) for n in arms) for share in WITHOUT_LOOKS]
        taken = [tuple(round(arm.n) for arm in look.arms) for look in looks] or shares
        sizes = [(first, second) for first, second in taken]
    columns = range(CASES)
    named = list(_rates(trial))
    rates = named or [("", rate) for rate in RATES]
    return HarmGuidance(
        certainty=certainty,
        chosen=said is not None and "harm_certainty" in said.model_fields_set,
        reference=REFERENCE,
        on_control=tuple(columns),
        at=tuple(CasesAt(sizes=one, least=tuple(least_cases(one, x, certainty) for x in columns)) for one in sizes),
        alarms=tuple(_alarm(sizes, label, rate, certainty) for label, rate in rates) if sizes else (),
        named=bool(named),
        limits=tuple(_limits(cases, arms[0]) for cases in columns if cases <= arms[0]) if names == ONE_ARM else (),
        n=sum(arms),
    )


def _rates(trial: Trial) -> Iterator[tuple[str, float]]:
    """The rates of the harms that the plan names, each rate once."""
    seen = set()
    for endpoint in trial.endpoints:
        if endpoint.section.role == "safety" and endpoint.design is not None and not endpoint.design.has_level:
            for one in endpoint.assumptions:
                if isinstance(one.value, float) and one.unit == "proportion" and 0 < one.value < 1:
                    seen.add(one.value)
                    yield endpoint.name, one.value
    assurance = trial.plan.content.assurance
    for label, rate in ({} if assurance is None else assurance.harms).items():
        if 0 < rate < 1 and rate not in seen:
            seen.add(rate)
            yield label, rate


def _alarm(sizes: list[tuple[int, int]], label: str, rate: float, certainty: float) -> FalseAlarm:
    twice = chance_raised(sizes, (2 * rate, rate), certainty) if 2 * rate < 1 else None
    return FalseAlarm(label=label, rate=rate, equal=chance_raised(sizes, (rate, rate), certainty), doubled=twice)


def _limits(cases: int, n: int) -> LimitOfCases:
    low, high = clopper_pearson_limits(cases / n, n, normal_quantile(0.975))
    return LimitOfCases(cases=cases, low=float(low) if cases else 0.0, high=float(high))


def _facts(trial: Trial) -> Iterator[tuple[str, Any, str]]:
    """What the plan says of the committee's work, in the order in which a charter asks for it, with the plan's key."""
    content = trial.plan.content
    said, oversight = content.monitoring, content.oversight
    yield "The committee", oversight.committee, "[oversight] committee"
    yield "Who sees results by arm", said and said.reviewer, "[monitoring] reviewer"
    yield "Who does not", said and said.blinded, "[monitoring] blinded"
    yield "Stopping for harm or futility", oversight.stopping, "[oversight] stopping"
    yield "After a stop, those not yet assessed", said and said.after_stop, "[monitoring] after_stop"
