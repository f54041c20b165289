"""Competing risks, against drawn causes of which the first counts, integrals and R's finegray."""

import numpy as np
import pytest
from scipy import integrate

from trialplan.designs._ranks import log_rank
from trialplan.designs.competing_risks import CompetingRisks
from trialplan.designs.log_rank import LogRank
from trialplan.errors import ParameterError
from trialplan.verbs.second_opinion import reproduce

TIMES = {"accrual_time": 12, "follow_up_time": 12}
PLAN = TIMES | {"hazard_ratio": 0.6, "competing_hazard": 0.03}
PIECES = {"control_hazard": (0.02, 0.08, 0.05), "hazard_changes": (3, 9)}


class TestShares:
    def test_cause_specific_is_a_log_rank_with_more_dropout(self):
        """Who has the competing event is censored there."""
        design = CompetingRisks(control_hazard=0.05, competing_ratio=0.5, dropout_rate=0.01, **PLAN)
        alone = LogRank(hazard_ratio=0.6, control_hazard=0.05, dropout_rate=0.04, dropout_rate_treatment=0.025, **TIMES)
        assert design.power(300) == alone.power(300)

    @pytest.mark.parametrize("compared", ["cause-specific", "subdistribution"])
    def test_are_those_of_drawn_participants(self, compared):
        """By the end and before it, with hazards in pieces and dropout by arm."""
        more = {"dropout_rate": 0.02, "dropout_rate_treatment": 0.05}
        design = CompetingRisks(compared=compared, **PLAN, **PIECES, **more)
        arms = design.draw(200_000, 1, np.random.default_rng(1))
        for calendar in (10.0, 24.0):
            for share, arm in zip(design.event_shares(calendar), arms, strict=True):
                seen = ((arm[..., 2] > 0) & (arm[..., 0] + arm[..., 1] <= calendar)).mean()
                assert seen == pytest.approx(share, abs=4 * (share / 100_000) ** 0.5)

    def test_drawn_subdistributions_are_the_cumulative_incidence(self):
        """Had nobody left: of the control by the race of two causes, of the treatment by 1 - (1 - F)^ratio."""
        design = CompetingRisks(compared="subdistribution", **PLAN, **PIECES)
        rng = np.random.default_rng(2)
        own, other = design.control.drawn((200_000,), rng), rng.exponential(1 / 0.03, 200_000)
        for time in (2.0, 7.0, 20.0):
            treatment, control = design.incidences(time)
            assert ((own < other) & (own <= time)).mean() == pytest.approx(control, abs=0.005)
            assert treatment == pytest.approx(1 - (1 - control) ** 0.6, rel=1e-12)

    def test_incidence_is_the_integral(self):
        """By scipy."""
        design = CompetingRisks(control_hazard=0.05, **PLAN)
        expected = integrate.quad(lambda t: 0.05 * np.exp(-0.08 * t), 0, 15)[0]
        assert design.incidences(15.0)[1] == pytest.approx(expected, rel=1e-10)


class TestAnalysis:
    @pytest.mark.parametrize("compared", ["cause-specific", "subdistribution"])
    def test_is_what_drawn_participants_show(self, compared):
        """Power at the planned n."""
        design = CompetingRisks(compared=compared, control_hazard=0.05, **PLAN)
        found = design.simulate(300, 4000, np.random.default_rng(3))
        assert found.power == pytest.approx(design.power(300), abs=0.03)

    def test_subdistribution_is_fine_and_gray(self):
        """Six trials of 300 by survival::finegray and coxph's score test, whose weights estimate censoring."""
        rng = np.random.default_rng(5)
        arms = [[], []]
        for _ in range(6):
            for place, hazard in enumerate((0.03, 0.05)):
                own, other = rng.exponential(1 / hazard, 150), rng.exponential(1 / 0.03, 150)
                entry = rng.uniform(0, 12, 150)
                last = 24 - entry
                time = np.minimum.reduce([own, other, last])
                kept = np.where(time == other, last, time)
                arms[place].append(np.stack([entry, kept, time == own], axis=-1))
        (found,) = log_rank([np.stack(arm) for arm in arms], [1.0])
        # R 4.5, survival 3.8: finegray(Surv(time, status) ~ .), coxph(Surv(fgstart, fgstop, fgstatus) ~ arm, weights)
        witness = [-4.155, -1.142, -1.641, -3.624, -2.650, -3.362]
        assert found == pytest.approx(witness, abs=0.12)


class TestRefused:
    def test_one_sentence_each(self):
        """A ratio of competing hazards, and a method of exponential hazards, belong to the cause-specific one."""
        words = {"control_hazard": 0.05, "compared": "subdistribution"} | PLAN
        with pytest.raises(ParameterError, match="belongs to"):
            CompetingRisks(competing_ratio=1.2, **words)
        with pytest.raises(ParameterError, match="with subdistribution hazards it is not known"):
            CompetingRisks(method="lachin-foulkes", **words)
        with pytest.raises(ParameterError, match="must lie in"):
            CompetingRisks(**words | {"competing_hazard": 0.0})


@pytest.mark.parametrize("cls", [LogRank, CompetingRisks])
def test_a_statement_by_hazards_is_reproduced(cls):
    """The effect's side is told whichever way the control's curve is stated."""
    more = {"competing_hazard": 0.03} if cls is CompetingRisks else {}
    numbers = {"hazard_ratio": 0.6, "control_hazard": 0.05, **TIMES, **more}
    n = cls(**numbers).sample_size(0.8).n
    assert reproduce(cls, n=n, power=0.8, **numbers).verdict == "reproduced"
