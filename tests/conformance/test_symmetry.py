"""What may not matter: which arm is called the treatment, which outcome is counted, in what units."""

import pytest

from trialplan.outcomes.measurements import Measurements
from trialplan.outcomes.responses import Responses
from trialplan.parameter import parameters


def arms_exchanged(design):
    """The numbers of the same trial with the names of its arms exchanged; None for one arm, or another outcome."""
    if len(design.arm_names) != 2:
        return None
    both = {**turned(design), "allocation": ":".join(reversed(design.allocation.split(":")))}
    if isinstance(design.outcome, Responses):
        effect, comparator = design.field("effect"), design.field("comparator")
        return {effect: design.value("comparator"), comparator: design.value("effect"), **both}
    if isinstance(design.outcome, Measurements):
        value = design.effect_value()
        seen = {name: getattr(design, name) for name in parameters(type(design))}
        pairs = {name: f"{name}_treatment" for name in seen if seen.get(f"{name}_treatment") is not None}
        swapped = {name: seen[other] for name, other in [*pairs.items(), *((b, a) for a, b in pairs.items())]}
        # a choice that names one of the arms names the other one then
        exchange = dict(zip(design.arm_names, reversed(design.arm_names), strict=True))
        named = {name: exchange[one] for name, one in seen.items() if isinstance(one, str) and one in exchange}
        return {design.effect: 1 / value if design.logarithmic else -value, **swapped, **named, **both}
    return None


def failures_counted(design):
    """The numbers of the same trial with those counted who do not respond; a ratio of rates is another one then."""
    if not isinstance(design.outcome, Responses) or (len(design.arm_names) == 2 and design.scale == "ratio"):
        return None
    rates = [name for name in map(design.field, ("effect", "comparator")) if name is not None]
    return {name: 1 - getattr(design, name) for name in rates} | turned(design)


def turned(design):
    """The other direction, with the limits seen from the other side; an amount is the same from there."""
    found = {"favourable": "lower" if design.upward else "higher"}
    ratio = design.scale != "difference"
    if isinstance(design.margin, tuple):
        low, high = design.margin
        found["margin"] = (1 / high, 1 / low) if ratio else (-high, -low)
    elif design.margin is not None and ratio:
        found["margin"] = 1 / design.margin
    return found


def moved(design, exchange):
    """The design after an exchange, or the same looks at the trial after it; None where there is no exchange."""
    numbers = exchange(design.fixed)
    return None if numbers is None else design.replace(**numbers)


class TestArmsExchanged:
    def test_same_n_with_arms_exchanged(self, design, ask):
        """With arms, direction and allocation exchanged, the same n is needed and the arms are exchanged."""
        swapped = moved(design, arms_exchanged)
        if swapped is None:
            pytest.skip("one arm, or it does not say how arms are exchanged")
        here, there = ask(design.sample_size, 0.8), swapped.sample_size(0.8)
        assert there.n == here.n
        assert list(there.arms.values()) == list(here.arms.values())[::-1]

    def test_same_power_with_arms_exchanged(self, design):
        """With arms, direction and allocation exchanged, power and success are the same."""
        swapped = moved(design, arms_exchanged)
        if swapped is None:
            pytest.skip("one arm, or it does not say how arms are exchanged")
        for n in (4 * design.block, 20 * design.block):
            assert float(swapped.power(n)) == pytest.approx(float(design.power(n)), abs=1e-9)
            assert float(swapped.success(n)) == pytest.approx(float(design.success(n)), abs=1e-9)


class TestDirection:
    def test_power_is_success_in_either_direction(self, design):
        """A two-tailed test rejects as often whichever direction is favourable: in the one, or in the other."""
        numbers = design.assumptions()
        if not design.two_tailed or "favourable" not in numbers or numbers.get("futility") is not None:
            pytest.skip("one direction, or what stops for futility is not turned round")
        turned = design.replace(favourable="lower" if design.upward else "higher")
        for n in (4 * design.block, 20 * design.block, 100 * design.block):
            power, success, against = (float(one) for one in (design.power(n), design.success(n), turned.success(n)))
            assert float(turned.power(n)) == pytest.approx(power, abs=1e-9)
            assert success + against == pytest.approx(power, abs=1e-9)


class TestFailuresCounted:
    def test_same_n_with_failures_counted(self, design, ask):
        """Rates of failure, with the direction turned round, need the same n."""
        failing = moved(design, failures_counted)
        if failing is None:
            pytest.skip("no rates, or a ratio of them, which is another one for failures")
        assert failing.sample_size(0.8).n == ask(design.sample_size, 0.8).n
        n = 12 * design.block
        assert float(failing.power(n)) == pytest.approx(float(design.power(n)), abs=1e-9)


class TestUnits:
    def test_units_do_not_matter(self, design, inner, ask):
        """An outcome measured in other units needs the same n and gives the same answers."""
        core = inner(design)
        measured = [n for n, d in parameters(type(core)).items() if d.unit.startswith("units of the outcome")]
        if not measured or core.scale != "difference":
            pytest.skip("no units")
        here, n = ask(design.sample_size, 0.8), design.block * 30
        for factor in (1e-9, 1e6):
            numbers = {name: getattr(core, name) for name in (*measured, "margin")}
            scaled = {name: _scaled(value, factor) for name, value in numbers.items() if value is not None}
            other = design.replace(**scaled)
            assert other.sample_size(0.8).n == here.n
            if len(design.null_values()) == 1:
                effect = ask(design.detectable_effect, n)
                unit = factor if core.effect in measured else 1  # a share of what is planned has none
                assert other.detectable_effect(n) == pytest.approx(effect * unit, rel=1e-6)


def _scaled(value, factor):
    return tuple(v * factor for v in value) if isinstance(value, tuple) else value * factor
