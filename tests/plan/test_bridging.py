"""A plan's bridge in two terms: what it may say, and the sentence where it says too little or too much."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan.analyses.scenarios.grid import answered
from trialplan.errors import PlanError
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.plan.beliefs import beliefs_of
from trialplan.plan.variation import ask
from trialplan.protocol.content.open_biases import open_biases

OLD = 'bridge = { discount = 0.5, source = "why this much of the open-label excess is not believed" }\n'
HEAD = "[endpoint.assumptions.treatment.bridge."
FIRST = f'\n{HEAD}no_concurrent_control]\ndiscount = 0.4\nsource = "a"\n'
SECOND = f'\n{HEAD}no_blinding]\npreset = "robes"\noutcome = "objective"\nspread = 0.1\n'
BY_HAND = SECOND.replace('preset = "robes"', 'bias = { mean = 0.1, sd = 0.1 }\nsource = "b"')
AS_IT_STANDS = SECOND.replace('preset = "robes"', 'acknowledge = "read centrally"')
MATCHED = f"""
{HEAD}no_concurrent_control.controls]
table = "lupus-nephritis-controls"
outcome = "complete renal response"
studies = ["mylupus-cyc", "mylupus-mps"]
denominator = "enrolled"
why = "the same participants without the treatment"
"""


@pytest.fixture
def bridged(tmp_path):
    """The starter with this bridge, and the difference that it plans for."""

    def built(bridge, difference="0.127"):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        assert OLD in text
        text = text.replace(OLD, bridge).replace("value = 0.167", f"value = {difference}")
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return build(read(str(path)))

    return built


class TestOneTerm:
    def test_taking_off_and_taking_as_it_stands(self, bridged):
        """A discount beside the word that nothing is taken off contradicts it, and is refused."""
        both = 'bridge = { discount = 0.5, acknowledge_uncontrolled = "as it stands", source = "w" }\n'
        with pytest.raises(PlanError, match="bridge has both discount and acknowledge_uncontrolled; keep one"):
            bridged(both)


class TestTwoTerms:
    def test_both_terms_make_the_rate(self, bridged):
        """40 % of the excess over 0.2, then the odds times ROBES's ratio, 0.87."""
        trial = bridged(FIRST + SECOND, "0.167")
        rate = trial.primary.assumption("treatment").value
        first = 0.2 + 0.6 * (16 / 30 - 0.2)
        assert rate / (1 - rate) == pytest.approx(first / (1 - first) * 0.87)
        assert trial.primary.assumption("treatment").bridge.no_blinding.sd == pytest.approx(math.hypot(0.04, 0.1))

    def test_matched_arms_are_the_first_term(self, bridged):
        """The odds ratio against one more arm like them is applied to the control rate, and believed as widely."""
        trial = bridged(MATCHED + SECOND, "0.197")
        one = trial.primary.assumption("treatment")
        belief = beliefs_of(trial)["treatment"]
        rng = np.random.default_rng(1)
        matched = stats.logistic.ppf(one.bridge.matched and _matched_draws(rng, 200_000))
        assert one.bridge.matched.mean == pytest.approx(matched.mean(), abs=0.02)
        assert one.bridge.matched.sd == pytest.approx(matched.std(), rel=0.05)
        assert belief.scale == pytest.approx(
            math.hypot(one.reading.logit()[1], one.bridge.matched.sd, one.bridge.no_blinding.sd)
        )

    @pytest.mark.parametrize(
        ("bridge", "words"),
        [
            (FIRST, "no_blinding is missing"),
            (SECOND, "no_concurrent_control is missing"),
            (FIRST + SECOND.replace("robes", "robus"), "did you mean 'robes'"),
            (FIRST + SECOND.replace("robes", "hrobjartsson-2013"), "no ratio of odds ratios"),
            (
                FIRST + SECOND.replace("robes", "page"),
                "this outcome is objective; take one of robes, or say in although",
            ),
            (FIRST + SECOND.replace('outcome = "objective"\n', ""), "say what kind of outcome"),
            (FIRST + SECOND.replace("spread = 0.1\n", ""), "write spread = 0, or 0.1"),
            (FIRST + SECOND + 'acknowledge = "x"\n', "both preset and acknowledge"),
            (FIRST.replace('source = "a"\n', "") + SECOND, "says no reason for its discount"),
            (FIRST.replace("0.4", "0.0") + SECOND, "takes nothing off"),
            (f"{HEAD[:-1]}]\ndiscount = 0.5\n" + FIRST + SECOND, "both discount, which stands for everything"),
            (
                f'{HEAD[:-1]}]\nsource = "c"\n' + FIRST + SECOND,
                "source beside its two terms, each of which has its own",
            ),
            (FIRST + BY_HAND, "has spread beside bias, where it says nothing: the SD of bias is of one trial already"),
            (FIRST + AS_IT_STANDS, "has spread beside acknowledge, where it says nothing: nothing is taken off"),
            (FIRST + BY_HAND.replace("spread = 0.1", 'although = "x"'), "has although beside bias, where it says no"),
            (FIRST + AS_IT_STANDS.replace("spread = 0.1", 'although = "x"'), "has although beside acknowledge"),
        ],
    )
    def test_what_it_lacks_is_one_sentence(self, bridged, bridge, words):
        """Two terms with a reason each, one way for each, and a preset for its own kind of outcome."""
        with pytest.raises(PlanError, match=words):
            bridged(bridge)

    def test_no_reason_is_dropped(self, bridged):
        """Where a term says more than one, both are kept."""
        first = FIRST.replace("discount = 0.4", 'acknowledge = "a control would do no better"')
        second = AS_IT_STANDS.replace("spread = 0.1", 'source = "the charter of the readers"')
        bridge = bridged(first + second, "0.333").primary.assumption("treatment").bridge
        assert bridge.reason == "a control would do no better; a"
        assert bridge.no_blinding.source == "read centrally; the charter of the readers"

    def test_another_kind_of_outcome_takes_a_word(self, bridged):
        """With a reason the preset is taken, and the reason kept."""
        said = SECOND.replace("robes", "page") + 'although = "judged in the table"\n'
        assert bridged(FIRST + said, "0.14").primary.assumption("treatment").bridge.no_blinding.mean == -math.log(0.77)


def _matched_draws(rng, n):
    """Rates of a further arm like 9/32 and 7/27, by importance sampling of the same model, written anew."""
    tau = np.abs(rng.normal(0, 0.5, n))
    mean = rng.normal(-1.0, 1.0, n)
    weight = np.exp(-((mean / 2) ** 2) / 2 + (mean + 1.0) ** 2 / 2)
    for events, of in ((9, 32), (7, 27)):
        weight = weight * stats.binom.pmf(events, of, stats.logistic.cdf(mean + tau * rng.normal(size=n)))
    chosen = rng.choice(n, n, p=weight / weight.sum())
    return stats.logistic.cdf(mean[chosen] + tau[chosen] * rng.normal(size=n))


class TestShipped:
    def test_the_presets_stand_side_by_side(self):
        """Each entry's n as its own plan would have it, the chosen one's the plan's, and none an average."""
        trial = build(read("msc-lupus-nephritis"))
        assert trial.answer.n == 254
        keys = ("metablind-assessors", "metablind-patients", "robes", "page", "hrobjartsson-2012")
        grid = answered(ask(trial, {"no_blinding": ("all",)})).rows()
        by_key = {row["no_blinding"]: row["n"] for row in grid}
        assert set(by_key) == {"plan", *keys}
        assert by_key["plan"] == by_key["robes"] == 254
        assert (by_key["hrobjartsson-2012"], by_key["metablind-patients"]) == (728, 226)  # of 0.64 and of 0.91
        shown = {row.preset.key: row for row in open_biases(trial)[trial.primary.name]}
        for key in keys:
            assert 2 * shown[key].cell.arms[0].n == by_key[key]
        assert [row.fits for row in shown.values()].count("yes") == 1
        assert shown["hrobjartsson-2014"].cell is None

    def test_a_plan_without_the_two_terms_says_so(self):
        """There is nothing to vary."""
        with pytest.raises(PlanError, match="no term of its own"):
            ask(build(read("starter")), {"no_blinding": ("all",)})
