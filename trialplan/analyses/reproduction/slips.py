"""The mistakes that sample size statements are known for: the same statement, read as it was perhaps computed."""

from __future__ import annotations

from collections.abc import Iterator

from trialplan.analyses.reproduction.completing import applied, with_effect
from trialplan.analyses.reproduction.statement import Statement

Slip = tuple[str, Statement]
"""What would have been mistaken, as the end of "reproduced only if …", and the statement that follows from it."""

_AS = {
    "odds_ratio": ("ratio", "the odds ratio is read as a ratio of rates"),
    "ratio": ("odds_ratio", "the ratio of rates is read as an odds ratio"),
    "hazard_ratio": ("ratio", "the hazard ratio is read as a ratio of rates"),
}
_ABSOLUTE = "the relative reduction is read as a difference of rates"
_RELATIVE = "the difference of rates is read as a relative one"
_NO_EFFECT = "no difference is expected, although one is stated"


def slips(statement: Statement) -> Iterator[Slip]:
    """Every known slip that the statement leaves room for, the commonest first."""
    yield from _of_sides(statement)
    yield from _of_effect(statement)
    yield from _of_power(statement)
    yield from _of_totals(statement)
    yield from _of_numbers(statement)


def _of_sides(statement: Statement) -> Iterator[Slip]:
    alpha, sides = statement.numbers.get("alpha"), statement.numbers.get("sides")
    if alpha is None or sides is None or statement.design == "simon":
        return
    if sides == 2:
        yield f"the level of {alpha:g} is one-sided, not two-sided", statement.having(sides=1)
    else:
        if 2 * alpha < 0.5:
            yield f"the one-sided level is {2 * alpha:g}, not {alpha:g}", statement.having(alpha=2 * alpha)
        yield f"the level of {alpha:g} is two-sided, not one-sided", statement.having(sides=2)


def _of_effect(statement: Statement) -> Iterator[Slip]:
    """One measure of effect taken for another; where only the two rates are stated, none can be told."""
    control = statement.numbers.get("control")
    if statement.effect is None or control is None:
        return
    name, effect = statement.effect
    if name in _AS:
        other, words = _AS[name]
        yield from _with_rate(statement, applied(other, effect, control), words)
    elif name == "reduction":
        yield from _with_rate(statement, control - effect, _ABSOLUTE)
    elif name == "difference":
        yield from _with_rate(statement, control * (1 + effect), _RELATIVE)


def _with_rate(statement: Statement, treatment: float, words: str) -> Iterator[Slip]:
    if 0 < treatment < 1:
        yield words, statement.replace(effect=None).having(treatment=treatment)


def _of_power(statement: Statement) -> Iterator[Slip]:
    alpha, power = statement.numbers.get("alpha"), statement.power
    if power is None:
        return
    for other in (0.8, 0.9):
        if other != power:
            yield f"the power is {other:g}, not {power:g}", statement.replace(power=other)
    if alpha is not None and 1 - power < 0.5 and 1 - alpha > 1 - power != alpha:
        swapped = statement.having(alpha=round(1 - power, 12)).replace(power=round(1 - alpha, 12))
        yield f"alpha and beta are swapped: level {1 - power:g}, power {1 - alpha:g}", swapped


def _of_totals(statement: Statement) -> Iterator[Slip]:
    arms = len(statement.cls.arm_names)
    if arms == 1:
        return
    more = {name: _times(getattr(statement, name), arms) for name in ("evaluable", "enrolled")}
    less = {name: _times(getattr(statement, name), 1 / arms) for name in ("evaluable", "enrolled")}
    if not statement.per_arm:
        yield "the stated total is the number per arm", statement.replace(**more)
    else:
        yield "the stated number per arm is the total", statement.replace(**less)


def _times(n: float | None, factor: float) -> float | None:
    return None if n is None else n * factor


def _of_numbers(statement: Statement) -> Iterator[Slip]:
    numbers = statement.numbers
    if "sd" in numbers and statement.design in ("two-means", "ancova"):
        yield "the standard deviation is a variance", statement.having(sd=numbers["sd"] ** 0.5)
        yield "a standard deviation is taken where a variance belongs", statement.having(sd=numbers["sd"] ** 2)
        yield (
            "the standard deviation of the difference of two outcomes is taken",
            statement.having(sd=numbers["sd"] * 2**0.5),
        )
    if "width" in numbers:
        yield "the half-width is taken for the width", statement.having(width=numbers["width"] * 2)
        yield "the width is taken for the half-width", statement.having(width=numbers["width"] / 2)
    if numbers.get("allocation", "1:1") != "1:1":
        yield "equal arms are taken", statement.having(allocation="1:1")
    if numbers.get("margin") is not None and numbers.get("goal") == "non-inferiority":
        read = with_effect(statement)
        if read.numbers.get("treatment", 0) != read.numbers.get("control", 0):
            yield _NO_EFFECT, read.replace(effect=None).having(treatment=read.numbers["control"])
        if numbers.get("difference", 0) != 0:
            yield _NO_EFFECT, statement.having(difference=0.0)
