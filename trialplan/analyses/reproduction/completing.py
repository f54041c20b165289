"""What a statement leaves out: what is usual is tried, one missing number is solved for, more are named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from trialplan.analyses.reproduction.statement import Statement
from trialplan.design import Design
from trialplan.errors import ParameterError, TrialplanError
from trialplan.fields import LEVELS, NON_INFERIORITY, SUPERIORITY
from trialplan.numerics.lazy import np
from trialplan.parameter import parameters
from trialplan.sizing import on_favourable_side

_POINTS = 100

Level = tuple[float | None, int | None, int, str]
"""Significance level, sides, what they cost, and what is remarked on them."""

NEEDED = {
    "two-proportions": ("control", "treatment"),
    "two-means": ("difference", "sd"),
    "ancova": ("difference", "sd", "correlation"),
    "ratio-of-means": ("ratio", "cv"),
}
"""The numbers that a design rests on; of other designs, those without a default."""


@dataclass(frozen=True)
class Assumed:
    """A complete statement, and what had to be taken as usual to make it one."""

    statement: Statement
    cost: int
    remarks: tuple[str, ...]


def missing(statement: Statement) -> list[str]:
    """The numbers of the design without which there is no n, and that nothing usual stands for."""
    absent = [name for name in needed(statement) if name not in with_effect(statement).numbers]
    if statement.effect is not None:  # the treatment's rate follows once the control's is known
        absent = [name for name in absent if name != "treatment" or "control" not in absent]
    if statement.goal != SUPERIORITY and "margin" in parameters(statement.cls) and "margin" not in statement.numbers:
        absent.append("margin")
    if statement.goal == NON_INFERIORITY:
        absent = [name for name in absent if not (name in _NO_EFFECT and "control" not in absent)]
    return absent


def unstated(statement: Statement) -> list[str]:
    """Everything that the statement leaves out, whether or not something usual stands for it."""
    level = [name for name in ("alpha", "power") if statement.tests and not _given(statement, name)]
    absent = missing(statement)
    return [*absent, *level]


def needed(statement: Statement) -> tuple[str, ...]:
    """The numbers that the design rests on."""
    if statement.design == "ancova" and statement.numbers.get("scale") == "ratio":
        return ("ratio", "sd", "correlation")
    if statement.design in NEEDED:
        return NEEDED[statement.design]
    from dataclasses import MISSING, fields

    defaults = {f.name: f.default for f in fields(statement.cls)}
    return tuple(name for name in parameters(statement.cls) if defaults[name] is MISSING)


_NO_EFFECT = ("treatment", "difference")
"""What a non-inferiority statement leaves out where it expects no difference."""


def _given(statement: Statement, name: str) -> bool:
    return statement.power is not None if name == "power" else name in statement.numbers


def with_effect(statement: Statement) -> Statement:
    """The treatment's rate from the effect that is stated with the control's."""
    control = statement.numbers.get("control")
    if statement.effect is None or control is None:
        return statement
    treatment = applied(*statement.effect, control)
    return statement.having(treatment=treatment) if 0 < treatment < 1 else statement


def check_effect(statement: Statement) -> None:
    """Raise where the effect that is stated makes no rate of the control's."""
    control = statement.numbers.get("control")
    if statement.effect is None or control is None or "treatment" in with_effect(statement).numbers:
        return
    name, effect = statement.effect
    raise ParameterError(
        f"{name} = {effect:g} with control = {control:g} gives a treatment rate of {applied(name, effect, control):g}, "
        "which must lie in (0, 1); check which of the two is meant otherwise"
    )


def applied(name: str, effect: float, control: float) -> float:
    """The treatment's rate by an effect on the control's."""
    if name == "difference":
        return control + effect
    if name == "ratio":
        return control * effect
    if name == "reduction":
        return control * (1 - effect)
    if name == "hazard_ratio":
        return 1 - (1 - control) ** effect
    odds = effect * control / (1 - control)
    return odds / (1 + odds)


def completed(statement: Statement) -> Iterator[Assumed]:
    """The statement with everything usual filled in, in each way that is usual."""
    statement = with_effect(statement)
    if statement.goal == NON_INFERIORITY and "treatment" not in statement.numbers and "control" in statement.numbers:
        statement = statement.having(treatment=statement.numbers["control"])
    if statement.goal != SUPERIORITY and statement.design == "two-means" and "difference" not in statement.numbers:
        statement = statement.having(difference=0.0)
    ways = product(_levels(statement), splits(statement), _powers(statement))
    for (alpha, sides, dear, why), (parts, odd, how), (power, more, words) in ways:
        numbers: dict[str, Any] = {} if alpha is None else {"alpha": alpha / parts}
        if sides is not None and statement.design != "simon":
            numbers["sides"] = sides
        for favourable, which in _directions(statement):
            one = statement.having(**numbers, **favourable).replace(power=power)
            yield Assumed(one, dear + odd + more, tuple(filter(None, (why, how, words, which))))


def design_of(statement: Statement) -> Any:
    """The design of a complete statement, or None where its numbers do not fit together or leave nothing to show."""
    try:
        design = _built(statement)
    except TrialplanError:
        return None
    if isinstance(design, Design) and not on_favourable_side(
        design.effect_value(), design.null_values(), design.upward
    ):
        return None
    return design


def objection(statement: Statement) -> str:
    """Why no n follows from a complete statement, in the design's own sentence; empty where one does."""
    one = next(completed(statement)).statement
    try:
        design = _built(one)
        design.sample_size(*([one.power] if one.tests else []))
    except TrialplanError as why:
        return str(why)
    return ""


def _built(statement: Statement) -> Any:
    names = parameters(statement.cls)
    return statement.cls(**{name: value for name, value in statement.numbers.items() if name in names})


def _levels(statement: Statement) -> list[Level]:
    """(alpha, sides, cost, remark): as stated, or the usual ones of the goal."""
    if not statement.tests:
        return [(None, None, 0, "")]
    alpha, sides = statement.numbers.get("alpha"), statement.numbers.get("sides")
    goal = statement.goal if "goal" in parameters(statement.cls) else getattr(statement.cls, "goal", SUPERIORITY)
    usual = LEVELS[goal]
    if statement.design == "simon":
        return _one_sided(alpha, sides)
    if alpha is not None and sides is not None:
        return [(alpha, sides, 0, "")]
    if alpha is not None:
        other = 3 - usual[1]
        words = f"the level is taken as {_sided(other)}, which is not stated"
        return [(alpha, usual[1], 0, ""), (alpha, other, 1, words)]
    tried = [(0.05, 2), (0.025, 1), (0.05, 1)] if sides is None else [(0.05, sides), (0.025, sides)]
    tried.sort(key=lambda one: one != usual)
    return [
        (level, side, 1 + (at > 0), f"the level is not stated; {level:g} {_sided(side)} is taken")
        for at, (level, side) in enumerate(tried)
    ]


def splits(statement: Statement) -> list[tuple[int, int, str]]:
    """(parts, cost, remark): the level split over the comparisons, and whole, which is odd where there are several."""
    several = statement.comparisons
    if several == 1 or not statement.tests:
        return [(1, 0, "")]
    return [
        (several, 0, f"the level is split over {several} comparisons (Bonferroni)"),
        (1, 1, f"the level is not split over the {several} comparisons"),
    ]


def _one_sided(alpha: float | None, sides: int | None) -> list[Level]:
    """Two-stage designs test on one side; a two-sided level is read as one side's, or halved."""
    if alpha is None:
        return [(0.05, None, 1, "the level is not stated; 0.05 one-sided is taken")]
    found: list[Level] = [(alpha, None, 0, "")]
    if sides == 2:
        found = [
            (alpha, None, 1, "the level is one-sided, although it is stated as two-sided"),
            (alpha / 2, None, 0, "half of the two-sided level is one side's"),
        ]
    return found


def _powers(statement: Statement) -> list[tuple[float | None, int, str]]:
    if statement.power is not None or not statement.tests:
        return [(statement.power, 0, "")]
    return [(power, 1, f"the power is not stated; {power:g} is taken") for power in (0.8, 0.9)]


def _directions(statement: Statement) -> list[tuple[dict[str, str], str]]:
    """Which values are better: as stated; by the planned effect; else both ways."""
    if "favourable" not in parameters(statement.cls) or "favourable" in statement.numbers:
        return [({}, "")]
    if statement.goal != NON_INFERIORITY or statement.design not in ("two-proportions", "one-proportion"):
        return [({"favourable": "lower" if _falls(statement) else "higher"}, "")]
    return [({"favourable": "higher"}, ""), ({"favourable": "lower"}, "with the lower rate as the better one")]


def _falls(statement: Statement) -> bool:
    numbers = statement.numbers
    if statement.goal != SUPERIORITY:
        return False
    for high, low in (("treatment", "control"), ("expected", "null")):
        if high in numbers and low in numbers:
            return numbers[high] < numbers[low]
    effect, centre = (numbers.get("ratio"), 1) if numbers.get("ratio") is not None else (numbers.get("difference"), 0)
    return effect is not None and effect < centre


def _sided(sides: int) -> str:
    return "two-sided" if sides == 2 else "one-sided"


def solved(statement: Statement, name: str) -> list[float]:
    """The values of one number at which the design's own test needs the n that is stated; none where none does.

    The n of the completers is met half a participant per arm short, so that rounding up gives what is stated.
    """
    total = _completers(statement)
    found: list[float] = []
    for assumed in completed(statement.having(**{name: _placeholder(statement, name)})):
        if assumed.cost <= 1 and not found:
            found = _crossings(assumed.statement, name, total)
    return found


def _completers(statement: Statement) -> float:
    """Evaluable participants: as stated, or those that are left of the enrolled."""
    if statement.evaluable is not None:
        return statement.evaluable
    return statement.stated * (1 - (statement.dropout or 0.0))


def _placeholder(statement: Statement, name: str) -> float:
    if name == "control" and statement.effect is not None:
        fitting = (rate for rate in np.linspace(0.02, 0.98, 49) if 0 < applied(*statement.effect, float(rate)) < 1)
        return float(next(fitting, 0.5))
    low, high = parameters(statement.cls)[name].typical or (0.05, 0.2)
    if name == "treatment" and "control" in statement.numbers:
        return (1 + statement.numbers["control"]) / 2
    return (low + high) / 2


def _crossings(statement: Statement, name: str, total: float) -> list[float]:
    """Where the real-valued n crosses the total, along the values that the number may take."""
    goal, values = total - len(statement.cls.arm_names) / 2, _grid(statement, name)

    def surplus(value: float) -> float:
        return _needs(statement, name, value) - goal

    gaps = [surplus(value) for value in values]
    found = []
    for low, high, before, after in zip(values, values[1:], gaps, gaps[1:], strict=False):
        if math.isfinite(before) and math.isfinite(after) and before * after <= 0 and before != after:
            found.append(_bisected(surplus, (low, high), before))
    return found


def _bisected(surplus: Any, ends: tuple[float, float], before: float) -> float:
    low, high = ends
    for _ in range(60):
        middle = (low + high) / 2
        if (surplus(middle) > 0) == (before > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _needs(statement: Statement, name: str, value: float) -> float:
    """The real-valued n at one value; nan where there is none."""
    one = with_effect(statement.having(**{name: value}))
    design = design_of(one.having(favourable="lower") if _falls(one) and "favourable" in one.numbers else one)
    if not isinstance(design, Design) or not getattr(design, "smooth", False):
        return math.nan
    with np.errstate(all="ignore"):
        return float(design.unrounded(statement.power))


def _grid(statement: Statement, name: str) -> list[float]:
    """Values along the number's domain: even for a proportion, by ratio for a size."""
    domain = parameters(statement.cls)[name].domain
    if name == "correlation":
        return _floats(np.linspace(0, 0.99, _POINTS))
    if getattr(domain, "high", math.inf) == 1:
        return _floats(np.linspace(0, 1, _POINTS + 1)[1:-1])
    scale = abs(statement.numbers.get("sd", statement.numbers.get("difference", 1.0)) or 1.0)
    if name in ("sd", "difference", "margin"):
        return _floats(scale * np.geomspace(0.01, 100, _POINTS))
    return _floats(np.geomspace(0.01, 100, _POINTS))


def _floats(values: Any) -> list[float]:
    return [float(value) for value in values]
