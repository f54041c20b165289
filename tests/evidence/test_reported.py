"""Changes with their own SD, and effects as reports print them: outcomes that pool."""

import json
import math

import pytest
from scipy import stats

from trialplan.errors import EvidenceError, ParameterError
from trialplan.evidence import audit, estimate, read
from trialplan.evidence.comparison import two_rates
from trialplan.evidence.effects import change_effects
from trialplan.evidence.pooling import pool
from trialplan.evidence.selection import PoolChoice, pool_outcome

# Colditz et al. 1994 (JAMA 271:698): tuberculosis and participants, vaccinated and not
BCG = [(4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220), (62, 13598, 248, 12867), (33, 5069, 47, 5808),
       (180, 1541, 372, 1451), (8, 2545, 10, 629), (505, 88391, 499, 88391), (29, 7499, 45, 7277), (17, 1716, 65, 1665),
       (186, 50634, 141, 27338), (5, 2498, 3, 2341), (27, 16913, 29, 17854)]  # fmt: skip
TRIALS = two_rates([row[:2] for row in BCG], [row[2:] for row in BCG], "risk-ratio")


@pytest.fixture
def table(tmp_path):
    """Reads a table from the text of a CSV."""

    def made(text):
        (tmp_path / "t.csv").write_text(text)
        return read(tmp_path / "t.csv")

    return made


class TestChanges:
    CHANGES = "study,outcome,change,sd,n\na,weight,-2,1.5,20\nb,weight,-1,2,40\n"

    def test_a_change_needs_no_correlation(self, table):
        """Means weighted by n over the squared SD, as by hand."""
        found = pool_outcome(table(self.CHANGES), "weight", method="fixed")
        weights = [20 / 1.5**2, 40 / 2**2]
        assert found.estimate == pytest.approx((-2 * weights[0] - weights[1]) / sum(weights))
        assert found.standard_error == pytest.approx(sum(weights) ** -0.5)
        assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.estimate) / found.standard_error))

    def test_beside_means_before_and_after(self, table):
        """Only the study without an SD of the change needs the correlation, and is named."""
        text = (
            "study,outcome,change_mean,change_sd,baseline_mean,baseline_sd,followup_mean,followup_sd,n\n"
            "a,weight,-2,1.5,,,,,20\nb,weight,,,71,10,70,9,40\n"
        )
        with pytest.raises(EvidenceError, match="the mean change of b needs the correlation"):
            pool_outcome(table(text), "weight")
        found = pool_outcome(table(text), "weight", PoolChoice(correlation=0.5))
        assert "assumed for b; the others print the change's own SD" in found.note

    def test_standardised_by_its_own_sd(self):
        """Two ways to say the same: its SD, and the SDs and correlation that make it."""
        sd = math.sqrt(1.2**2 + 0.9**2 - 1.2 * 0.9)
        own = change_effects([(-1.8, sd, 15)], None, "standardised-by-change")
        made = change_effects([(3.1, 1.2, 1.3, 0.9, 15)], 0.5, "standardised-by-change")
        assert (own.values, own.variances) == (pytest.approx(made.values), pytest.approx(made.variances))
        with pytest.raises(ParameterError, match="needs the SD at baseline"):
            change_effects([(-1.8, sd, 15)], None, "standardised-by-baseline")

    def test_the_audit_takes_them_for_numbers(self, table):
        """A change is not in words only; without its SD it is said to have none, and without a time to have no time."""
        ids = {finding.id for finding in audit(table(self.CHANGES))}
        assert "T05" in ids
        assert not {"T04", "T06"} & ids
        lacking = [f.seen for f in audit(table("study,outcome,change,n\na,weight,-2,9\n")) if f.id == "T06"]
        assert lacking == ["Means are given without change_sd."]
        assert "T06" not in {finding.id for finding in audit(read("msc-lupus-nephritis-randomised"))}


class TestEffects:
    HAZARDS = (
        "study,outcome,effect,measure of effect,lower,upper,se\n"
        "a,death,0.8,HR,0.6,1.0667,\nb,death,0.9,HR,,,0.2\nc,death,1.1,hazard ratio,0.7,1.7286,\n"
    ).replace("measure of effect", "effect_measure")

    def test_intervals_and_standard_errors_pool(self, table):
        """Inverse variances of the logs, from either, as by hand."""
        found = pool_outcome(table(self.HAZARDS), "death", measure="hazard-ratio", method="fixed")
        errors = [math.log(1.0667 / 0.6) / 2 / 1.959964, 0.2, math.log(1.7286 / 0.7) / 2 / 1.959964]
        weights = [error**-2 for error in errors]
        logs = [math.log(effect) for effect in (0.8, 0.9, 1.1)]
        mean = sum(w * log for w, log in zip(weights, logs, strict=True)) / sum(weights)
        assert found.natural.estimate == pytest.approx(math.exp(mean), rel=1e-6)
        assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(mean) * sum(weights) ** 0.5), rel=1e-5)
        assert "As reported: a, b and c." in found.note
        assert [study.n for study in found.studies] == [None] * 3

    def test_beside_counts_it_is_the_same_pool(self, table):
        """Of the BCG trials six as counts and seven as the ratio with its SE give the pool of thirteen tables."""
        text = "study,outcome,arm,role,events,of,effect,effect_measure,effect_se\n"
        for at, (a, n, c, m) in enumerate(BCG):
            if at < 6:
                text += f"t{at},tb,v,treatment,{a},{n},,,\nt{at},tb,u,control,{c},{m},,,\n"
            else:
                ratio, error = math.exp(TRIALS.values[at]), TRIALS.variances[at] ** 0.5
                text += f"t{at},tb,,,,,{ratio!r},RR,{error!r}\n"
        mixed, whole = pool_outcome(table(text), "tb", measure="risk-ratio"), pool(TRIALS)
        assert (mixed.estimate, mixed.tau2) == pytest.approx((whole.estimate, whole.tau2))
        with pytest.raises(ParameterError, match="for two arms with counts"):
            pool_outcome(table(text), "tb", measure="risk-ratio", method="mantel-haenszel")

    def test_the_interval_has_the_confidence_that_is_given(self, table):
        """A 90 % interval of the same SE is narrower, and the estimate is shown with its 95 % limits."""
        low, high = (math.exp(math.log(0.8) + sign * 1.6448536 * 0.2) for sign in (-1, 1))
        text = f"study,outcome,effect,effect_measure,lower,upper,effect_confidence\na,x,0.8,RR,{low},{high},0.9\n"
        row = table(text).studies[0].outcomes[0]
        assert row.reported_effect == pytest.approx((math.log(0.8), 0.2))
        shown = estimate(row)
        assert (shown.kind, shown.lower) == ("effect", pytest.approx(0.8 * math.exp(-1.959964 * 0.2)))

    @pytest.mark.parametrize(
        ("cells", "sentence"),
        [
            ("0.8,,0.6,1.1,", "effect_measure is missing; write one of risk-ratio"),
            ("0.8,RR,0.9,1.1,", "the effect must lie within its limits"),
            ("-0.2,RR,0.6,1.1,", "effect must be above 0, not -0.2; write a ratio as printed, not its log"),
            ("0.8,RR,,,0", "effect_se must be above 0"),
            ("0.8,relative luck,,,0.2", "effect_measure must be one of risk-ratio"),
        ],
    )
    def test_wrong_effects_are_one_sentence(self, table, cells, sentence):
        """What cannot be an effect is refused with the way out."""
        with pytest.raises(EvidenceError) as refused:
            table(f"study,outcome,effect,effect_measure,lower,upper,se\na,x,{cells}\n")
        assert sentence in str(refused.value)

    def test_an_effect_has_a_control(self, table):
        """No finding says that a table of effects holds none."""
        assert "P01" not in {finding.id for finding in audit(table(self.HAZARDS))}

    def test_an_effect_is_no_arm(self, table):
        """Without a measure the way is shown."""
        with pytest.raises(EvidenceError, match="'death' is reported as effects; pool them by measure: hazard-ratio"):
            pool_outcome(table(self.HAZARDS), "death")

    @pytest.mark.parametrize(("limits", "raised"), [("0.6,1.07", False), ("0.6,1.7", True)])
    def test_the_audit_holds_an_effect_against_its_interval(self, table, limits, raised):
        """A ratio is in the middle of its interval on the log scale."""
        text = f"study,outcome,effect,effect_measure,lower,upper\na,x,0.8,RR,{limits}\n"
        assert ("T14" in {finding.id for finding in audit(table(text))}) is raised


class TestHeterogeneity:
    @pytest.mark.parametrize(
        ("method", "tau2"),
        [
            ("dersimonian-laird", 0.3088),
            ("hedges", 0.3286),
            ("maximum-likelihood", 0.2800),
            ("reml", 0.3132),
            ("paule-mandel", 0.3181),
        ],
    )
    def test_the_estimators_are_those_of_metafor(self, method, tau2):
        """τ² of the BCG trials' log risk ratios, as Viechtbauer's documentation prints them."""
        assert pool(TRIALS, method).tau2 == pytest.approx(tau2, abs=6e-5)

    def test_the_p_value_is_by_the_interval_s_quantile(self):
        """By z without, by t with Knapp and Hartung; a rate has none, and data hold it."""
        plain, adjusted = pool(TRIALS), pool(TRIALS, "reml", "knapp-hartung")
        assert plain.p_value == pytest.approx(2 * stats.norm.sf(3.9744), rel=1e-3)
        assert adjusted.p_value == pytest.approx(2 * stats.t.sf(abs(adjusted.estimate) / adjusted.standard_error, 12))
        assert json.dumps(plain.p_value)
