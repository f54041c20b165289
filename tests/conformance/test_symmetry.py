"""What may not matter: which arm is called the treatment, which outcome is counted, in what units."""

import pytest

from trialplan.parameter import parameters


class TestArmsExchanged:
    def test_same_n_with_arms_exchanged(self, design, mirror):
        """With arms, direction and allocation exchanged, the same n is needed and the arms are exchanged."""
        swapped = mirror(design)
        if swapped is None:
            pytest.skip("one arm, or it does not say how arms are exchanged")
        here, there = design.sample_size(0.8), swapped.sample_size(0.8)
        assert there.n == here.n
        assert list(there.arms.values()) == list(here.arms.values())[::-1]

    def test_same_power_with_arms_exchanged(self, design, mirror):
        """With arms, direction and allocation exchanged, power and success are the same."""
        swapped = mirror(design)
        if swapped is None:
            pytest.skip("one arm, or it does not say how arms are exchanged")
        for n in (4 * design.block, 20 * design.block):
            assert float(swapped.power(n)) == pytest.approx(float(design.power(n)), abs=1e-9)
            assert float(swapped.success(n)) == pytest.approx(float(design.success(n)), abs=1e-9)


class TestFailuresCounted:
    def test_same_n_with_failures_counted(self, design, complement):
        """Rates of failure, with the direction turned round, need the same n."""
        turned = complement(design)
        if turned is None:
            pytest.skip("no rates, or a ratio of them, which is another one for failures")
        assert turned.sample_size(0.8).n == design.sample_size(0.8).n
        n = 12 * design.block
        assert float(turned.power(n)) == pytest.approx(float(design.power(n)), abs=1e-9)


class TestUnits:
    def test_units_do_not_matter(self, design, inner):
        """An outcome measured in other units needs the same n and gives the same answers."""
        core = inner(design)
        measured = [n for n, d in parameters(type(core)).items() if d.unit.startswith("units of the outcome")]
        if not measured or core.scale != "difference":
            pytest.skip("no units")
        here, n = design.sample_size(0.8), design.block * 30
        for factor in (1e-9, 1e6):
            numbers = {name: getattr(core, name) for name in (*measured, "margin")}
            scaled = {name: _scaled(value, factor) for name, value in numbers.items() if value is not None}
            other = design.replace(**scaled)
            assert other.sample_size(0.8).n == here.n
            if len(design.null_values()) == 1:
                effect = design.detectable_effect(n)
                assert other.detectable_effect(n) == pytest.approx(effect * factor, rel=1e-6)


def _scaled(value, factor):
    return tuple(v * factor for v in value) if isinstance(value, tuple) else value * factor
