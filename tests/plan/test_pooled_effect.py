"""A pooled effect of two arms carried to a control belief: closed forms, simulation, and a plan on a two-arm table."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan.analyses.assurance.assess import assurance
from trialplan.analyses.scenarios.grid import answered
from trialplan.belief import Beta, LogNormal, Within
from trialplan.errors import PlanError
from trialplan.evidence.carried import PooledEffect
from trialplan.evidence.comparison import two_means, two_rates
from trialplan.evidence.pooling import pool
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.plan.beliefs import beliefs_of
from trialplan.plan.ranges import axes_of
from trialplan.plan.variation import ask
from trialplan.protocol.content.context import _said

TREATED, UNTREATED = [(18, 60), (30, 80), (22, 50)], [(9, 60), (20, 80), (12, 50)]
TABLE = "study,outcome,arm,role,events,of,control\n" + "".join(
    f"S{i},response,{arm},{role},{x},{n},placebo\n"
    for i, pair in enumerate(zip(TREATED, UNTREATED, strict=True))
    for (arm, role), (x, n) in zip((("drug", "treatment"), ("placebo", "control")), pair, strict=True)
)


def effect(measure):
    """The three studies of two arms in one measure."""
    return PooledEffect(pool=pool(two_rates(TREATED, UNTREATED, measure, ["a", "b", "c"])), outcome="response")


class TestCarried:
    def test_each_measure_by_hand(self):
        """A difference adds, a ratio multiplies, an odds ratio multiplies the odds; elementwise."""
        control = np.array([0.1, 0.3])
        assert effect("risk-difference").carried(0.2, control) == pytest.approx([0.3, 0.5])
        assert effect("risk-ratio").carried(1.5, control) == pytest.approx([0.15, 0.45])
        odds = 2 * control / (1 - control)
        assert effect("odds-ratio").carried(2.0, control) == pytest.approx(odds / (1 + odds))
        means = PooledEffect(pool=pool(two_means([(5.0, 2, 30)], [(3.0, 2, 30)], ["a"])), outcome="m")
        assert means.value(None) == pytest.approx(2.0)
        assert means.given(None).sd() == pytest.approx(2 * math.sqrt(2 / 30))

    @pytest.mark.parametrize("measure", ["risk-difference", "risk-ratio", "odds-ratio"])
    @pytest.mark.parametrize("control", [0.05, 0.3, 0.9])
    def test_the_belief_is_what_possible_draws_show(self, measure, control):
        """A further trial's effect drawn on its scale, carried, and kept where it is a rate."""
        one, rng = effect(measure), np.random.default_rng(4)
        drawn = rng.normal(one.pool.estimate, one.sd, 300_000)
        rate = {
            "risk-difference": lambda: control + drawn,
            "risk-ratio": lambda: control * np.exp(drawn),
            "odds-ratio": lambda: stats.logistic.cdf(stats.logistic.ppf(control) + drawn),
        }[measure]()
        kept = rate[(rate > 0) & (rate < 1)]
        belief = one.given(control)
        assert belief.mean() == pytest.approx(kept.mean(), abs=4 * kept.std() / len(kept) ** 0.5)
        assert belief.quantile(0.9) == pytest.approx(np.quantile(kept, 0.9), abs=0.004)
        if isinstance(belief, Within):
            share = 1 - len(kept) / len(rate)
            assert belief.outside == pytest.approx(share, abs=4 * (0.25 / len(rate)) ** 0.5)

    def test_log_normal_is_scipys(self):
        """cdf, density, mean and SD."""
        one, other, x = LogNormal(0.2, 0.4), stats.lognorm(0.4, scale=math.exp(0.2)), np.array([0.3, 1.0, 4.0])
        assert one.cdf(x) == pytest.approx(other.cdf(x))
        assert one.density(x) == pytest.approx(other.pdf(x))
        assert (one.mean(), one.sd()) == pytest.approx((other.mean(), other.std()))
        assert LogNormal.from_quantiles((0.1, 0.5), (0.9, 2.0)).quantile(0.5) == pytest.approx(1.0)


DRAWN = """evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }
bridge = { discount = 0.5, source = "why this much of the open-label excess is not believed" }
"""


@pytest.fixture
def planned(tmp_path):
    """The starter on a table of two arms, its effect pooled in this measure."""

    def built(measure, difference, **more):
        (tmp_path / "two-arm.csv").write_text(TABLE, encoding="utf-8")
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        words = "".join(f", {name} = {value}" for name, value in more.items())
        said = f'effect = {{ outcome = "response", measure = "{measure}", studies = "all", source = "ours"{words} }}\n'
        text = text[: text.index("[[scenarios.readings]]")] if "[[scenarios.readings]]" in text else text
        text = text.replace(DRAWN, said).replace('table = "msc-lupus-nephritis"', 'table = "two-arm.csv"')
        if "[[randomised]]" in text:
            start = text.index("[[randomised]]")
            rest = text[start + 1 :]
            text = text[:start] + rest[rest.index("\n[") + 1 :]
        path = tmp_path / "plan.toml"
        path.write_text(text.replace("value = 0.167", f"value = {difference}"), encoding="utf-8")
        return build(read(str(path)))

    return built


class TestPlan:
    def test_the_rate_is_the_pooled_ratio_on_the_control_rate(self, planned):
        """0.2 times the pooled risk ratio; the trial is the textbook's at both rates, and moves with the control."""
        ratio = effect("risk-ratio").pool.natural.estimate
        trial = planned("risk-ratio", f"{0.2 * (ratio - 1):.4f}")
        assert trial.design.treatment == pytest.approx(0.2 * ratio)
        rows = answered(ask(trial, {"control": (0.1, 0.3)})).rows()
        assert [row["treatment"] for row in rows] == pytest.approx([0.1 * ratio, 0.3 * ratio])
        axis = next(one for one in axes_of(trial) if "pooled effect" in one.assumption)
        assert axis.design_at(1.5).treatment == pytest.approx(0.3)
        assert _said(trial, lambda: None)["primary"].assumptions[1].pooled is not None

    def test_assurance_integrates_the_control_first(self, planned):
        """Against draws of the control rate, then of the effect, carried to it."""
        ratio = effect("odds-ratio").pool.natural.estimate
        odds = 0.25 * ratio
        trial = planned("odds-ratio", f"{odds / (1 + odds) - 0.2:.4f}")
        believed = trial.primary.assumption("treatment").believed
        assert set(beliefs_of(trial)) == {"treatment"}  # the starter states its control rate
        beliefs = {"control": Beta(8, 32), "treatment": lambda control: believed(control)}
        rng, n = np.random.default_rng(6), 400_000
        control = rng.beta(8, 32, n)
        one = effect("odds-ratio")
        treatment = stats.logistic.cdf(stats.logistic.ppf(control) + rng.normal(one.pool.estimate, one.sd, n))
        power = trial.design.replace(control=control, treatment=treatment).success(200)
        assert assurance(trial.design, 200, beliefs) == pytest.approx(power.mean(), abs=4 * power.std() / n**0.5)

    def test_what_does_not_fit_is_one_sentence(self, planned):
        """A mean difference is no rate, and a measure has a name."""
        with pytest.raises(PlanError, match="cannot be drawn from a pooled mean-difference; use risk-difference"):
            planned("mean-difference", "0.1")
        with pytest.raises(PlanError, match="measure"):
            planned("relative-risk", "0.1")
