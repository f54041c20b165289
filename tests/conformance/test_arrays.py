"""A grid of scenarios gives what a loop over its cells gives."""

import numpy as np
import pytest

from trialplan import sizing_grid
from trialplan.errors import ParameterError, UnreachableError
from trialplan.parameter import parameters


def one_by_one(design, effects, target):
    """(n, power, reason) of each effect on its own."""
    for effect in effects:
        try:
            answer = design.replace(**{design.effect: float(effect)}).sample_size(target)
            yield answer.n, answer.power, None
        except UnreachableError as why:
            yield np.nan, np.nan, str(why).partition(": ")[2]


def cells(design, impossible):
    """Effects that can be shown between effects that cannot."""
    value, null = float(design.effect_value()), float(design.null_values()[0])
    possible = [value, null + 0.9 * (value - null)]
    return np.array([possible[0], *impossible(design), possible[1]])


class TestSampleSize:
    def test_grid_of_effects(self, design, impossible):
        """n, power and the reason why there is none are those of each cell asked alone."""
        effects = cells(design, impossible)
        answer = design.replace(**{design.effect: effects}).sample_size(0.8)
        n, power, reason = zip(*one_by_one(design, effects, 0.8), strict=True)
        np.testing.assert_array_equal(answer.n, np.array(n, dtype=float))
        np.testing.assert_allclose(answer.power, np.array(power, dtype=float), atol=1e-9)
        assert list(answer.reason) == list(reason)

    def test_arms_of_a_grid(self, design, impossible):
        """The arms of a grid are arrays that add up to n."""
        effects = cells(design, impossible)
        answer = design.replace(**{design.effect: effects}).sample_size(0.8)
        np.testing.assert_array_equal(sum(answer.arms.values()), answer.n)

    def test_grid_of_targets(self, design):
        """Targets may be an array, too."""
        targets = np.array([[0.7], [0.9]])
        alone = [[design.sample_size(float(target)).n] for target in targets[:, 0]]
        np.testing.assert_array_equal(design.sample_size(targets).n, alone)

    def test_crossed_grid(self, design, impossible, monkeypatch):
        """Effects along one axis and targets along another give a table, answered in stretches of a few cells."""
        monkeypatch.setattr(sizing_grid, "_STRETCH", 4)
        targets = np.array([[0.7], [0.8]])
        effects = cells(design, impossible)
        answer = design.replace(**{design.effect: effects}).sample_size(targets)
        assert answer.n.shape == answer.reason.shape == (2, len(effects))
        alone = [list(one_by_one(design, effects, target)) for target in (0.7, 0.8)]
        rows = [[n for n, _, _ in row] for row in alone]
        np.testing.assert_array_equal(answer.n, np.array(rows, dtype=float))
        powers = [[power for _, power, _ in row] for row in alone]
        np.testing.assert_allclose(answer.power, np.array(powers, dtype=float), atol=1e-9)


class TestEveryNumber:
    def test_each_number_broadcasts(self, design, inner):
        """Power and success take an array for each number of the design and give what each gives alone."""
        core, n = inner(design), 25 * design.block
        for name, declared in parameters(type(core)).items():
            value = getattr(core, name)
            if not declared.typical or value is None or (name == "alpha" and core is not design):
                continue
            values = np.multiply.outer([1, 0.98, 0.95], value)  # a vector's own axis stays the last one
            if core.members and name not in core.members[0].declarations():  # a rule has one of each of its own numbers
                with pytest.raises(ParameterError, match="must be one number"):
                    design.replace(**{name: values})
                continue
            try:
                alone = [design.replace(**{name: v.tolist()}) for v in values]
            except ParameterError:  # it does not go with another number any more, of which a grid's cell has no answer
                continue
            grid = design.replace(**{name: values})
            np.testing.assert_allclose(grid.power(n), [float(d.power(n)) for d in alone], atol=1e-9, err_msg=name)
            np.testing.assert_allclose(grid.success(n), [float(d.success(n)) for d in alone], atol=1e-9, err_msg=name)

    def test_n_broadcasts(self, design):
        """Power and success take an array of n."""
        n = np.array([3, 10, 40]) * design.block
        np.testing.assert_allclose(design.power(n), [float(design.power(int(one))) for one in n], atol=1e-9)
        np.testing.assert_allclose(design.success(n), [float(design.success(int(one))) for one in n], atol=1e-9)

    def test_n_and_effect_cross(self, design):
        """An array of n along one axis and effects along another give a table of powers."""
        n = np.array([[10], [40]]) * design.block
        effects = np.array([1.0, 0.98]) * float(design.effect_value())
        table = design.replace(**{design.effect: effects}).power(n)
        alone = [[float(design.replace(**{design.effect: float(e)}).power(int(k))) for e in effects] for k in n[:, 0]]
        np.testing.assert_allclose(table, alone, atol=1e-9)


class TestDetectableEffect:
    def test_array_of_n(self, design):
        """Detectable effects of an array of n are those of each n alone, nan where there is none."""
        if len(design.null_values()) == 2:
            pytest.skip("equivalence has no detectable effect")
        n = np.array([1, 2, 20, 200]) * design.block
        alone = [design.detectable_effect(int(one)) for one in n]
        np.testing.assert_allclose(design.detectable_effect(n), alone, rtol=1e-7, atol=1e-9)
