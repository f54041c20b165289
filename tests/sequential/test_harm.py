"""The boundary for harm: Brownian paths that are drawn, and what is refused."""

import numpy as np
import pytest

from trialplan import GroupSequential, TwoMeans
from trialplan.errors import ParameterError

Z = TwoMeans(difference=0.5, sd=1, test="z", alpha=0.025, sides=1)


class TestHarm:
    @pytest.mark.parametrize("looks", [(0.5, 1.0), (0.2, 0.4, 0.7, 1.0)])
    def test_drawn_paths_spend_the_error(self, looks):
        """Of many without an effect as many reach it before efficacy as the spending function says."""
        trial, rng, trials = GroupSequential(design=Z, looks=looks), np.random.default_rng(5), 400_000
        bound, upper = trial.harm_z(0.8, "lan-demets-pocock", 0.1), trial.efficacy_z
        steps = np.diff(looks, prepend=0.0)
        z = np.cumsum(rng.standard_normal((trials, len(looks))) * np.sqrt(steps), axis=1) / np.sqrt(looks)
        going, spent = np.ones(trials, dtype=bool), []
        for look in range(len(looks)):
            harmed = going & (z[:, look] < bound[look])
            going &= ~harmed & (z[:, look] < upper[look])
            spent.append(harmed.mean())
        wanted = 0.1 * np.log(1 + (np.e - 1) * np.array(looks))
        assert np.cumsum(spent) == pytest.approx(wanted, abs=4 * np.sqrt(0.09 / trials))

    def test_it_lies_below_futility(self):
        """Else it would be the one that stops."""
        trial = GroupSequential(design=Z, futility="z(-1)", binding=True)
        with pytest.raises(ParameterError, match="not below futility, -1"):
            trial.harm_z(0.8, "lan-demets-pocock", 0.4)

    @pytest.mark.parametrize("error", [0, 1, "0.2"])
    def test_the_error_is_a_share(self, error):
        with pytest.raises(ParameterError, match="must lie in"):
            GroupSequential(design=Z).harm_z(0.8, error=error)
