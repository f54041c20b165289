"""What a protocol says of looking early: boundaries, the rule in words, the calendar, and what looks cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialplan import figures
from trialplan.analyses import size_picture
from trialplan.design import Sized
from trialplan.enrolment.calendar import ends, overrunning
from trialplan.fields import NON_INFERIORITY, SINGLE_ARM
from trialplan.numerics.lazy import np
from trialplan.page import Table
from trialplan.plan.building import Trial
from trialplan.plan.enrolment import law_of, recruitment
from trialplan.protocol.content.claim import scale_of
from trialplan.protocol.content.views import Arm, arm_names
from trialplan.sequential.base import WithLooks
from trialplan.sequential.boundaries.fields import shown
from trialplan.sequential.group_sequential import GroupSequential
from trialplan.sequential.look_table import chances_by_hypothesis
from trialplan.text import plural
from trialplan.time_unit import UNNAMED, in_time
from trialplan.wrapper import Names

_EFFICACY = {
    "obrien-fleming": "O’Brien and Fleming’s boundary",
    "pocock": "Pocock’s boundary",
    "wang-tsiatis": "a boundary of Wang and Tsiatis’s family",
    "haybittle-peto": "Haybittle and Peto’s boundary",
    "lan-demets-obrien-fleming": "Lan and DeMets’s spending function of O’Brien and Fleming’s kind",
    "lan-demets-pocock": "Lan and DeMets’s spending function of Pocock’s kind",
    "hwang-shih-decani": "a spending function of Hwang, Shih and DeCani’s family",
    "kim-demets": "a spending function of Kim and DeMets’s family",
    "z": "critical values that the plan gives",
    "given": "errors by look that the plan gives",
}
_FUTILITY = {
    "z": "z of at most {}",
    "p": "a one-sided P value of at least {}",
    "conditional-power": "a conditional power of at most {}, at the planned effect",
    "conditional-power-trend": "a conditional power of at most {}, at the effect that is seen",
    "predictive-power": "a predictive power of at most {}, over a flat prior",
    "effect": "an estimate no better than {}",
}
_TRUTHS = {"halfway": "half the planned effect", "alternative": "the planned effect"}
_FROM_MARGIN = {"halfway": "halfway from the margin to the planned effect", "alternative": "the planned effect"}


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One boundary at one look, on every scale on which a committee reads it."""

    z: float
    p: float
    effect: float | None
    conditional_power: float | None
    predictive_power: float | None


@dataclass(frozen=True, kw_only=True)
class LookView:
    """One look: who has been assessed, what stops the trial, and where it stands on the calendar.

    A look that waits for `events` comes when so many have been seen, in the design's own unit of time.
    """

    number: int
    final: bool
    information: float
    n: int
    arms: tuple[Arm, ...]
    efficacy: Bound | None
    futility: Bound | None
    opposite: Bound | None
    cumulative_alpha: float
    cumulative_power: float
    month: float | None
    randomised: int | None
    overrun: int | None
    spared: int | None
    events: float | None = None

    @property
    def bounds(self) -> tuple[tuple[str, Bound], ...]:
        """The boundaries that the look has, by what they do."""
        named = (
            ("rejects" if self.final else "efficacy", self.efficacy),
            ("futility", self.futility),
            ("rejects, in the other direction", self.opposite),
        )
        return tuple((words, bound) for words, bound in named if bound is not None)


@dataclass(frozen=True, kw_only=True)
class HypothesisRow:
    """What the looks do if this is true: chances of stopping early, of rejecting at any look, and participants."""

    label: str
    early_efficacy: float
    early_futility: float
    rejects: float
    expected: float


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """How the plan recruits and reads."""

    rate: str
    source: str
    read_after: float
    decision: float
    last_randomised: float
    duration: float


@dataclass(frozen=True, kw_only=True)
class Monitored:
    """The whole rule, and what it costs."""

    said: Any
    looks: tuple[LookView, ...]
    efficacy: str
    futility: str | None
    spends: bool
    binding: bool
    two_sided: bool
    points: bool
    estimate: str
    counts: str
    student: bool
    level: float
    level_obeyed: float
    fixed: int
    n: int
    inflation: float
    truths: tuple[HypothesisRow, ...]
    calendar: Calendar | None
    overruns: tuple[str, ...]
    command: str
    read: str
    null: str
    shown: str
    unit: str
    time: str

    @property
    def waits(self) -> bool:
        """Whether its looks wait for events, and have the dates that the design's own enrolment gives."""
        return all(look.events is not None for look in self.looks)

    @property
    def stops(self) -> bool:
        """Whether it may stop for futility."""
        return self.futility is not None

    @property
    def idle(self) -> HypothesisRow:
        """What the looks do without an effect."""
        return self.truths[0]

    @property
    def planned(self) -> HypothesisRow:
        """What the looks do at the planned effect."""
        return self.truths[-1]

    @property
    def interim(self) -> tuple[LookView, ...]:
        """The looks before the last."""
        return self.looks[:-1]

    @property
    def last(self) -> LookView:
        """The last look."""
        return self.looks[-1]


def monitored(trial: Trial) -> Monitored | None:
    """What the plan's looks are and do; None where it looks once, at the end."""
    design, said = trial.primary.design, trial.plan.content.monitoring
    if said is None or design is None:
        return None
    if not isinstance(design, GroupSequential):
        return None
    rows = trial.answer.extra["looks"]
    rule, futility = design.rule, design.rule.futility
    found = design.solved(float(design.success(int(trial.answer.n))))
    by = chances_by_hypothesis(rule, found)
    ignored = rule.chances(found, 0.0, obeyed=design.binding)
    return Monitored(
        said=said,
        looks=tuple(_look(trial, design, number, row) for number, row in enumerate(rows, 1)),
        efficacy=f"{_efficacy(rule.efficacy)} ({rule.efficacy.reference})",
        futility=None if futility is None else f"{_futility(futility)} ({futility.reference})",
        spends=rule.efficacy.by_function,
        binding=design.binding,
        two_sided=design.two_tailed,
        points=design.outcome.estimate_in_points(design.design),
        estimate=design.outcome.estimate_name(design.design),
        counts=design.outcome.looks_count,
        student=design.design.noncentral_t(2.0 * design.block) is not None,
        level=float((ignored.efficacy + ignored.harm).sum()),
        level_obeyed=float((by["null"].efficacy + by["null"].harm).sum()),
        fixed=int(design.design.sample_size(trial.primary.section.power).n),
        n=int(trial.answer.n),
        inflation=trial.answer.extra["inflation"],
        truths=tuple(
            _truth(words, by[name], trial.answer.extra["expected_n"][name]) for name, words in _truths(design).items()
        ),
        # a design whose looks wait for events dates them by its own enrolment, and counts nobody spared
        calendar=calendar(trial) if all("spared" in row for row in rows) else None,
        overruns=tuple(overrunning(rows)),
        command=f"trialplan monitor {Path(trial.plan.name).name} {_as_planned(design, rows)}",
        read=design.outcome.z_is_read,
        null=_null(design),
        shown=_shown(trial, design),
        unit=scale_of(design.design, trial.primary.section.unit or "").unit,
        time=in_time(UNNAMED, design.time_unit),
    )


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The looks at several treatments or hypotheses: what happens at them, and their tables."""

    said: Any
    words: str
    tables: tuple[Table, ...]


def looked(trial: Trial, names: Names) -> Looked | None:
    """What the plan's looks at several are, by names of what is tested; None where it looks at one, or at the end."""
    design, said = trial.primary.design, trial.plan.content.monitoring
    if said is None or not isinstance(design, WithLooks) or isinstance(design, GroupSequential):
        return None
    words = design.looks_in_words(names.tested)
    return Looked(said=said, words=words, tables=tuple(design.look_tables(trial.answer.extra, names)))


def boundaries(trial: Trial) -> figures.Boundaries | None:
    """The figure of the boundaries; None where the trial is not looked at early."""
    found, design = monitored(trial), trial.primary.design
    if found is None or not isinstance(design, GroupSequential):
        return None
    return size_picture.boundaries(design, trial.answer.extra["looks"], list(arm_names(trial, design).values()))


def _look(trial: Trial, design: GroupSequential, number: int, row: Any) -> LookView:
    names = arm_names(trial, design)
    arms = zip(design.arm_names, design.split(row["n"]), strict=True)
    return LookView(
        number=number,
        final=number == len(design.looks),
        information=row["information"],
        n=int(row["n"]),
        arms=tuple(Arm(name=names[arm], n=round(n)) for arm, n in arms),
        efficacy=_bound(row, "efficacy"),
        futility=_bound(row, "futility"),
        opposite=_opposite(design, row),
        cumulative_alpha=row["cumulative_alpha"],
        cumulative_power=row["cumulative_power"],
        month=row.get("month"),
        randomised=row.get("randomised"),
        overrun=row.get("overrun"),
        spared=row.get("spared"),
        events=row.get("events"),
    )


def _bound(row: Any, name: str) -> Bound | None:
    if row[f"{name}_z"] is None:
        return None
    return Bound(
        z=row[f"{name}_z"],
        p=row[f"{name}_p_one_sided"],
        effect=row[f"effect_at_{name}"],
        conditional_power=row[f"conditional_power_at_{name}"],
        predictive_power=row[f"predictive_power_at_{name}"],
    )


def _opposite(design: GroupSequential, row: Any) -> Bound | None:
    """Where a two-sided test rejects in the other direction."""
    upper = _bound(row, "efficacy")
    if upper is None or not design.two_tailed:
        return None
    z, effect = size_picture.opposite(design, row)
    assert z is not None  # an efficacy boundary has one
    return Bound(z=z, p=upper.p, effect=effect, conditional_power=None, predictive_power=None)


def _null(design: GroupSequential) -> str:
    """Where the null's edge lies, as a clause."""
    if design.margin is not None:
        return "the effect lies on the margin"
    return "the rate lies on the threshold" if design.goal == SINGLE_ARM else "there is no effect"


def _truths(design: GroupSequential) -> dict[str, str]:
    """The truths that are looked at, by the names that the looks know them by."""
    return {"null": _null(design), **(_TRUTHS if design.margin is None else _FROM_MARGIN)}


def _shown(trial: Trial, design: GroupSequential) -> str:
    """What a trial that stops for efficacy has shown."""
    words = trial.plan.content.trial
    if design.goal == NON_INFERIORITY:
        return f"{words.treatment_name} is not worse than {words.control_name} by more than the margin"
    if design.margin is not None:
        return f"{words.treatment_name} is better than {words.control_name} by more than the margin"
    return f"{words.treatment_name} is better"


def _truth(label: str, chances: Any, expected: float) -> HypothesisRow:
    return HypothesisRow(
        label=label,
        early_efficacy=float((chances.efficacy + chances.harm)[:-1].sum()),
        early_futility=float(np.asarray(chances.futility)[:-1].sum()),
        rejects=float((chances.efficacy + chances.harm).sum()),
        expected=expected,
    )


def method(design: Sized) -> str:
    """How the number is computed: the formula, and the rule for stopping where there is one."""
    if not isinstance(design, GroupSequential):
        return design.formula
    rule, looks = design.rule, len(design.looks)
    said = f"{design.design.formula}; {looks} looks by recursive integration, efficacy by {_efficacy(rule.efficacy)}"
    if rule.futility is None:
        return said
    return f"{said}, {'binding' if design.binding else 'non-binding'} futility by {_futility(rule.futility)}"


def _efficacy(rule: Any) -> str:
    name, numbers = rule.named
    inside = f" ({', '.join(f'{one:g}' for one in numbers)})" if numbers and name not in ("z", "given") else ""
    return f"{_EFFICACY.get(name, shown(rule.rule))}{inside}"


def _futility(rule: Any) -> str:
    name, numbers = rule.named
    if name in _FUTILITY:
        given = [f"{one:g}" for one in numbers if one is not None]
        return _FUTILITY[name].format(", ".join(given))
    return f"error of the second kind spent by {_efficacy(rule).replace('errors by look', 'shares by look')}"


def calendar(trial: Trial) -> Calendar | None:
    """How long the plan recruits and waits; None where it does not say how fast participants come."""
    said, section = trial.plan.content.enrolment, trial.primary.section
    when = recruitment(said, section)
    if said is None or when is None:
        return None
    last, duration = ends(trial.answer.design, int(trial.answer.n), when)
    return Calendar(
        rate=", ".join(_rates(said)),
        source="; ".join(filter(None, [said.source, *(one.source for one in said.sites)])),
        read_after=when.read_after,
        decision=when.decision,
        last_randomised=last,
        duration=duration,
    )


def _rates(said: Any) -> Iterator[str]:
    if said.sites:
        law = law_of(said)
        rate = law.accrual.steps[-1][1]
        sites = plural(law.sites or 0, "site")
        yield f"{sites}, expected to randomise {rate:.3g} participants a month once all are open"
    if said.accrual_rate is not None:
        yield f"{said.accrual_rate:g} participants a month"
    for one in said.steps:
        yield f"{one.accrual_rate:g} participants a month from month {one.from_month:g}"
    if said.ramp_up_months:
        yield f"reached over the first {said.ramp_up_months:g} months"


def _as_planned(design: GroupSequential, looks: Any) -> str:
    """How the first look's result is told on the command line, if it is what the plan expects."""
    return design.outcome.look_as_planned(design.design, int(looks[0]["n"]))
