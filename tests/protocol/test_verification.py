"""The appendix that holds a plan's formulas against simulated trials, and the losses as the plan states them."""

import re

import numpy as np
import pytest
from scipy import stats

from trialplan import Ancova, GroupSequential, OneProportion, TwoMeans, TwoProportions
from trialplan.analyses.executors import Processes
from trialplan.files import shipped
from trialplan.plan import build, read, verifying
from trialplan.plan.verifying import verify_trial, with_losses
from trialplan.protocol import render
from trialplan.protocol.content.claim import missing_outcome
from trialplan.protocol.content.verification_section import verified
from trialplan.protocol.formats.house_style import environment

SHIPPED = "msc-lupus-nephritis"
LOST = 'missing = "excluded"\ndropout = 0.15\ndropout_source = "ours"'


@pytest.fixture(scope="module")
def trial():
    """The shipped plan, built."""
    return build(read(SHIPPED))


@pytest.fixture
def changed(tmp_path):
    """The shipped plan with some of its text replaced."""

    def change(*pairs, more=""):
        text = read(SHIPPED).text
        for before, after in pairs:
            assert before in text
            text = text.replace(before, after, 1)
        for file in (shipped("examples") / SHIPPED).glob("evidence*"):
            (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        path = tmp_path / "plan.toml"
        path.write_text(text + more, encoding="utf-8")
        return build(read(str(path)))

    return change


@pytest.fixture
def forget():
    """Lets go of what has been simulated; at the beginning and at the end it is so anyway."""

    def simulations():
        verifying._verified.cache_clear()
        verifying._lost.cache_clear()

    simulations()
    yield simulations
    simulations()


def section(trial):
    """The appendix, on one line."""
    template = environment().get_template("sections/verification.md.j2")
    values, primary = trial.primary.design.outcome.planned, {"missing": missing_outcome(trial.primary)}
    told = {"version": "0", "values": values, "primary": primary, "people": trial.design.counted_in}
    return " ".join(template.render(verified=verified(trial), **told).split())


class TestVerifyTrial:
    def test_the_primary_first(self, trial):
        """Every endpoint that tests is verified, the primary first, at the trial's n."""
        found = verify_trial(trial, trials=2000)
        assert [one.role for one in found] == ["primary", "secondary", "secondary"]
        assert found[0].found.n == trial.answer.n
        assert found[0].found.target == 0.8

    def test_non_response_is_not_lost_again(self, trial):
        """Where missing counts as non-response the simulated trials are complete."""
        first = verify_trial(trial, trials=2000)[0]
        assert (first.missing, first.losses) == ("non-response", None)

    def test_a_secondary_has_what_is_left(self, trial):
        """A secondary endpoint with losses is asked for the power that the protocol prints, of those observed."""
        second = verify_trial(trial, trials=4000)[1]
        assert (second.losses.n, second.losses.expected) == (254, pytest.approx(228.6))
        assert second.found.n == 228
        assert second.losses.claimed == float(second.found.design.success(254 * 0.9))
        assert second.losses.ok

    def test_a_primary_that_excludes_enrols_more(self, changed):
        """The primary's losses are drawn from the enrolled number, whose completers have the power that was claimed."""
        first = verify_trial(changed(('missing = "non-response"', LOST)), trials=20_000)[0]
        assert (first.losses.n, first.losses.expected, first.losses.dropout) == (300, 254, 0.15)
        assert first.losses.claimed == first.found.success
        assert abs(first.losses.simulated - first.found.enumerated) < 4 * first.losses.standard_error + 0.005

    @pytest.mark.sweep
    def test_workers_change_nothing(self, trial):
        """Two processes give what one gives."""
        assert verify_trial(trial, trials=2000, executor=Processes(2)) == verify_trial(trial, trials=2000)

    def test_the_work_is_bounded(self, trial):
        """Where participants must be drawn one by one there are fewer trials, and the number is told."""
        trials = [one.found.trials for one in verify_trial(trial, trials=20_000, most=1_000_000)]
        assert trials == [20_000, 1_000_000 // 228, 20_000]


class TestWithLosses:
    def test_two_proportions(self):
        """The simulated power is the mean, over binomial completers, of that of the trials they make."""
        design, n, dropout = TwoProportions(control=0.2, treatment=0.6), 40, 0.3
        rates, truth = (design.treatment, design.control), 0.0
        for m_t in range(2, 21):
            for m_c in range(2, 21):
                x_t, x_c = np.meshgrid(np.arange(m_t + 1), np.arange(m_c + 1), indexing="ij")
                pooled, difference = (x_t + x_c) / (m_t + m_c), x_t / m_t - x_c / m_c
                error = np.sqrt(pooled * (1 - pooled) * (1 / m_t + 1 / m_c))
                rejects = np.abs(difference) >= stats.norm.isf(0.025) * np.where(error > 0, error, np.inf)
                mass = stats.binom.pmf(x_t, m_t, rates[0]) * stats.binom.pmf(x_c, m_c, rates[1])
                left = stats.binom.pmf(m_t, 20, 1 - dropout) * stats.binom.pmf(m_c, 20, 1 - dropout)
                truth += left * float((mass * rejects).sum())
        seen = with_losses(design, n, dropout, trials=40_000, seed=4)
        assert abs(seen.power - truth) < 4 * seen.standard_error

    @pytest.mark.parametrize(
        ("design", "n"),
        [
            (TwoMeans(difference=0.7, sd=1, allocation="2:1"), 90),
            (Ancova(difference=0.7, sd=1, correlation=0.5), 60),
            (OneProportion(null=0.2, expected=0.4, test="score"), 60),
            (GroupSequential(design=TwoProportions(control=0.3, treatment=0.6)), 90),
            (TwoProportions(control=0.2, treatment=0.6, test="fisher"), 60),
        ],
        ids=lambda one: one.slug() if hasattr(one, "slug") else str(one),
    )
    def test_near_the_expected_completers(self, design, n):
        """Whatever the design, the power with losses is near that of the completers that are expected."""
        seen = with_losses(design, n, 0.2, trials=20_000, seed=4)
        less = with_losses(design, n, 0.5, trials=20_000, seed=4)
        complete = with_losses(design, n, 0.0, trials=20_000, seed=4)
        near = max(design.block, round(0.8 * n / design.block) * design.block)
        assert abs(seen.power - float(design.power(near))) < 4 * seen.standard_error + 0.035
        assert abs(complete.power - float(design.power(n))) < 4 * complete.standard_error + 0.035
        assert less.power < seen.power < complete.power

    def test_nobody_left(self):
        """A trial whose arm is empty shows nothing."""
        assert with_losses(TwoMeans(difference=5, sd=1), 4, 0.999, trials=500, seed=4).rejected == 0


class TestAppendix:
    def test_what_was_found(self, trial):
        """Claim, simulation with its error, count, type I error, seed, trials and version are told."""
        text = section(trial)
        assert "the formula claims that the trial succeeds with probability 0.801" in text
        assert re.search(r"Of 100,000 simulated trials a share of 0\.80\d did \(standard error 0\.001\)", text)
        assert "gives 0.804" in text
        assert "**The formula keeps its word**" in text
        assert "no one is lost a second time" in text
        assert "with seed 20261124" in text

    def test_a_formula_that_falls_short(self, changed):
        """Where the truth falls short of the power the number that reaches it is told."""
        appendix = verified(changed(('test = "score"', 'test = "arcsine"')))
        found = appendix.primary.of.found
        assert found.ok is (not appendix.primary.complaints)
        assert (found.enumerated < 0.8) is bool(appendix.primary.reached)

    def test_a_claim_that_does_not_hold(self, monkeypatch, forget):
        """A formula that claims too much is said not to keep its word, and by how much; its n may be enough for all."""
        for claim in ("power", "success"):
            honest = getattr(TwoProportions, claim)
            monkeypatch.setattr(TwoProportions, claim, lambda design, n, honest=honest: honest(design, n) + 0.05)
        text = section(build(read(SHIPPED)))
        assert "**The formula does not keep its word.** The formula claims 0.047 more power than enumeration" in text
        assert "Where the formula falls short" not in text  # what the trial enrols truly reaches 0.8

    def test_losses_are_told(self, changed):
        """What becomes of the enrolled number is told in words and in the table."""
        text = section(changed(('missing = "non-response"', LOST)))
        assert "300 participants are enrolled in each simulated trial" in text
        assert "15.0 % lost of 300" in text

    def test_it_can_be_left_out(self, changed):
        """No simulated trials, no appendix."""
        without = changed(("[assurance]", "[report]\nverification_trials = 0\n\n[assurance]"))
        assert verified(without) is None
        assert section(without) == ""

    def test_the_number_of_trials_is_the_plans(self, changed):
        """A plan may ask for other trials."""
        fewer = changed(("[assurance]", "[report]\nverification_trials = 3000\n\n[assurance]"))
        assert {one.of.found.trials for one in verified(fewer).endpoints} == {3000}

    def test_its_place(self, trial):
        """The appendix stands in the protocol, before the plan's text."""
        text = render(trial)
        assert 0 < text.index("# Verification by simulation") < text.index("## The plan")

    def test_the_same_bytes(self, trial, forget):
        """The same plan gives the same appendix."""
        first = section(trial)
        forget()
        assert section(trial) == first
