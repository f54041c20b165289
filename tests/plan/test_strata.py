"""The strata of a plan's randomisation: which are prognostic, and what the primary shows within them."""

import pytest

from trialplan.errors import PlanError
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.plan.verifying import with_losses
from trialplan.protocol.content.strata_section import within_strata

PLAN = "msc-lupus-nephritis"
RATES = "control_rates = [0.258, 0.140]\n"


@pytest.fixture
def edit(tmp_path):
    """The shipped plan with changes, built."""

    def built(*changes):
        text = (shipped("examples") / PLAN / "plan.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return build(read(str(path)))

    return built


class TestShippedPlan:
    def test_is_stratified_by_background_and_not_by_centre(self):
        (stratum,) = read(PLAN).content.randomisation.strata
        assert stratum.factor == "background induction"
        assert stratum.source.startswith("ours")

    def test_power_within_strata(self):
        """The same difference in every stratum, so that all together have the planned rates; simulation agrees."""
        trial = build(read(PLAN))
        found, fixed = trial.within, trial.within.design.fixed
        share, rates = fixed.shares(), fixed.rates()
        assert sum(f * p for f, p in zip(share, rates[0], strict=True)) == pytest.approx(trial.design.treatment)
        assert found.n == trial.answer.n
        assert found.without == trial.answer.success
        assert found.power == pytest.approx(float(found.design.success(found.n)))
        seen = within_strata(trial).seen
        assert abs(seen.success - found.power) < 0.01 + 4 * seen.standard_error

    @pytest.mark.parametrize("test", ["log-odds", "score"])
    def test_the_effect_is_that_of_the_test_s_scale(self, edit, test):
        """A test of the odds ratio has a common odds ratio, at which all strata together have the planned rate."""
        trial = edit(('test = "score"', f'test = "{test}"'))
        fixed = trial.within.design.fixed
        assert fixed.scale == {"log-odds": "odds-ratio", "score": "difference"}[test]
        mean = sum(f * p for f, p in zip(fixed.shares(), fixed.rates()[0], strict=True))
        assert mean == pytest.approx(trial.design.treatment)

    def test_over_looks(self):
        """The looks of the plan are at the comparison within strata, too."""
        trial = build(read(f"{PLAN}-monitored"))
        assert trial.within.design.looks == trial.design.looks
        assert trial.within.power == pytest.approx(trial.within.without, abs=0.02)


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (
                (RATES, "control_rates = [0.3, 0.3]\n"),
                "come to 0.300 over its levels, and the plan's control rate is 0.214",
            ),
            ((RATES, "control_rates = [0.258]\n"), "2 levels and 1 control_rates"),
            ((RATES, "control_rates = [0.258, 14]\n"), "must lie between 0 and 1"),
            (("shares = [47, 28]", "shares = [47, 0]"), "must lie above 0"),
            ((RATES, ""), "has test, which only means something beside control_rates"),
            (('test = "cmh"\n', 'test = "score-test"\n'), "score-test"),
            ((f'{RATES}shares = [47, 28]\ntest = "cmh"\nsource =', f"{RATES}# source ="), "without a source"),
            (
                (f"{RATES}", f"{RATES}[[randomisation.strata]]\nfactor = 'sex'\nlevels = ['f', 'm']\n{RATES}"),
                "of one factor",
            ),
        ],
    )
    def test_in_one_sentence(self, edit, change, words):
        """What does not fit is one sentence that says where."""
        with pytest.raises(PlanError) as caught:
            edit(change)
        assert words in str(caught.value)
        assert "[randomisation]" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_rates_may_stand_without_a_test(self, edit):
        """Then the primary is not analysed within them."""
        assert edit(('test = "cmh"\n', "")).within is None


STRATIFIED = (
    ('design = "two-proportions"\npower', 'design = "stratified-proportions"\npower'),
    ('test = "score"\n', 'test = "cmh"\nblock_size = 4\n'),
    (f'{RATES}shares = [47, 28]\ntest = "cmh"\nsource =', "# source ="),
)
"""Changes that make the shipped plan's primary a comparison within strata of its own."""


class TestOfItsOwn:
    def test_rates_by_stratum_are_assumptions(self, edit):
        """A list under assumptions is a vector with its source; losses are drawn, whatever arms the blocks leave."""
        text = (shipped("examples") / PLAN / "plan.toml").read_text(encoding="utf-8")
        start = text.index("[endpoint.assumptions.control.belief]")
        end = text.index("[[endpoint]]", start)
        stated = (
            '[endpoint.assumptions.control]\nvalue = [0.26, 0.14]\nbasis = "ours"\nsource = "ours"\n\n'
            '[endpoint.assumptions.difference]\nvalue = 0.16\nbasis = "ours"\nsource = "ours"\n\n'
        )
        trial = edit((text[start:end], stated), *STRATIFIED)
        assert trial.primary.assumption("control").value == (0.26, 0.14)
        assert trial.design.sample_size(0.8).n == trial.answer.n
        seen = with_losses(trial.design, 300, 0.1, trials=400, seed=1)
        assert seen.success == pytest.approx(float(trial.design.success(270)), abs=0.1)

    def test_a_list_has_no_range(self, edit):
        """A range is that of one number."""
        with pytest.raises(PlanError, match="a range is that of one number"):
            edit(('value = 0.4\nbasis = "ours"', 'value = [0.4, 0.5]\nbasis = "ours"'))
