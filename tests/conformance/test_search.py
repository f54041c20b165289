"""The search for the fewest participants, for every design."""

import itertools

import numpy as np
import pytest

from trialplan.errors import ParameterError, UnreachableError
from trialplan.text import spoken

TARGETS = (0.8, 0.9)
ROUNDING = 1e-9


class TestSampleSize:
    @pytest.mark.parametrize("target", TARGETS)
    def test_reaches_the_target_and_no_sooner(self, design, target, ask):
        """n reaches the target and one block fewer does not."""
        answer = ask(design.sample_size, target)
        assert design.success(answer.n) >= target - ROUNDING
        if answer.n > design.block:
            assert design.success(answer.n - design.block) < target + ROUNDING

    def test_reports_the_power_it_attains(self, design, ask):
        """The power in the answer is the power at n."""
        answer = ask(design.sample_size, 0.8)
        assert answer.power == pytest.approx(float(design.power(answer.n)), abs=1e-12)

    def test_whole_blocks(self, design, ask):
        """n is whole allocation blocks and the arms are whole, in the ratio of the allocation."""
        answer = ask(design.sample_size, 0.8)
        assert answer.n % design.block == 0
        assert sum(answer.arms.values()) == answer.n
        assert list(answer.arms) == list(design.arm_names)
        assert [n * design.block for n in answer.arms.values()] == [answer.n * weight for weight in design.weights]

    def test_unrounded_is_within_a_block_below(self, design, ask):
        """The real-valued answer reaches the target exactly, less than a block below the whole one."""
        if not design.smooth:
            pytest.skip("a saw-tooth has no real-valued answer")
        answer = ask(design.sample_size, 0.8)
        total = sum(answer.arms_unrounded.values())
        assert answer.n - design.block - 1e-6 <= total <= answer.n + 1e-6
        assert float(design.success(total)) == pytest.approx(0.8, abs=1e-7)

    def test_higher_targets_need_no_fewer(self, design, ask):
        """A higher target never needs fewer participants."""
        sizes = [ask(design.sample_size, target).n for target in (0.7, 0.8, 0.9, 0.95)]
        assert sizes == sorted(sizes)


class TestSawTooth:
    def test_n_is_stable_and_first_n_is_first(self, design, ask):
        """From n to searched_to power never falls below target; before n it does; first_n is the first to reach it."""
        if design.smooth:
            pytest.skip("power rises smoothly")
        answer = ask(design.sample_size, 0.8)
        block = design.block
        powers = {n: float(design.success(n)) for n in range(block, answer.searched_to + 1, block)}
        assert all(power >= 0.8 for n, power in powers.items() if n >= answer.n)
        assert answer.n == block or powers[answer.n - block] < 0.8
        assert answer.first_n == next(n for n, power in powers.items() if power >= 0.8)
        assert answer.first_n <= answer.n
        assert answer.searched_to >= 2 * (answer.n - block)


class TestSmooth:
    def test_power_rises_with_n(self, design, ask):
        """Power never falls as participants are added, where a design is declared smooth and has power at all.

        Below its level it may: two one-sided t tests on one or two degrees of freedom reject by luck.
        """
        if not design.smooth:
            pytest.skip("power is a saw-tooth")
        last = 4 * ask(design.sample_size, 0.9).n
        n = np.unique(np.geomspace(2 * design.block, last, 60) // design.block) * design.block
        power = design.success(n)
        assert np.all(np.diff(power)[power[:-1] >= design.level] >= -1e-10)


class TestImpossible:
    def test_a_scalar_raises(self, design, impossible):
        """An effect that cannot be shown is one sentence that names class, effect and value."""
        for value in impossible(design):
            with pytest.raises(UnreachableError) as caught:
                design.replace(**{design.effect: value}).sample_size(0.8)
            assert str(caught.value).startswith(f"{type(design).__name__}: no number of participants can show")
            assert spoken(design.effect) in str(caught.value)

    def test_rounding_error_is_no_effect(self, design):
        """An effect that differs from the null by nothing but rounding cannot be shown either."""
        for bound in map(float, design.null_values()):
            for neighbour in (np.nextafter(bound, -np.inf), np.nextafter(bound, np.inf)):
                if neighbour in design.effect_domain():
                    with pytest.raises(UnreachableError):
                        design.replace(**{design.effect: float(neighbour)}).sample_size(0.8)

    def test_power_is_below_the_level_on_the_wrong_side(self, design, impossible, rarest):
        """An effect on the wrong side of the null is not shown in the treatment's favour.

        A formula of normal theory may pass its level where cells are all but empty, of which it knows nothing.
        """
        for value in impossible(design)[1:]:
            wrong = design.replace(**{design.effect: value})
            for n in (5 * design.block, 50 * design.block):
                if rarest(wrong, n) < 1:
                    continue
                assert float(wrong.success(n)) <= float(design.level) + ROUNDING

    def test_a_target_outside_its_domain_is_refused(self, design):
        """A target that is no probability is refused by name."""
        for target in (0.0, 1.0, -0.1, 80, float("nan"), "0.8", True, None):
            with pytest.raises(ParameterError, match=r"power"):
                design.sample_size(target)

    def test_a_target_below_the_level_is_refused(self, design):
        """A target that the null hypothesis reaches is refused."""
        with pytest.raises(ParameterError, match="must exceed the level"):
            design.sample_size(design.level / 2)


class TestDetectableEffect:
    def test_round_trip(self, design, ask):
        """Power at the detectable effect is the target, on the favourable side."""
        if len(design.null_values()) == 2:
            with pytest.raises(ParameterError, match="equivalence has no detectable effect"):
                design.detectable_effect(100 * design.block)
            return
        n = ask(design.sample_size, 0.8).n
        effect = ask(design.detectable_effect, n, 0.8)
        found = design.replace(**{design.effect: effect})
        assert float(found.success(n)) == pytest.approx(0.8, abs=1e-7)
        assert (effect - float(design.null_values()[0])) * design.sign > 0

    def test_is_no_larger_than_what_was_planned_for(self, design, ask):
        """n participants that reach the target detect the planned effect, or a smaller one."""
        if len(design.null_values()) == 2:
            pytest.skip("equivalence has no detectable effect")
        null, n = float(design.null_values()[0]), ask(design.sample_size, 0.8).n
        distance = abs(ask(design.detectable_effect, n, 0.8) - null)
        assert distance <= abs(float(design.effect_value()) - null) + 1e-9

    def test_shrinks_with_n(self, design, ask):
        """More participants detect less."""
        if len(design.null_values()) == 2:
            pytest.skip("equivalence has no detectable effect")
        n, null = ask(design.sample_size, 0.8).n, float(design.null_values()[0])
        effects = [abs(ask(design.detectable_effect, k * n, 0.8) - null) for k in (1, 8)]
        assert all(a > b for a, b in itertools.pairwise(effects))


class TestWholeBlocks:
    def test_a_broken_block_is_refused(self, design):
        """Arms of a total that is no whole number of blocks are refused, with the nearest totals."""
        with pytest.raises(ParameterError, match=rf"{type(design).__name__}: n .*multiple of {design.block}"):
            design.arms(5 * design.block + 0.5)

    def test_a_broken_block_is_not_simulated(self, design):
        """Simulation draws the participants asked for, or refuses."""
        if design.block == 1:
            pytest.skip("every whole number is a whole block")
        with pytest.raises(ParameterError, match="multiple of"):
            design.simulate(5 * design.block + 1, 10, np.random.default_rng(1))

    def test_exact_tests_of_counts_take_whole_blocks_only(self, design):
        """A saw-toothed power is not defined between whole blocks."""
        if design.smooth:
            pytest.skip("power is defined for fractional n")
        with pytest.raises(ParameterError, match="multiple of"):
            design.power(10 * design.block + 0.5)
