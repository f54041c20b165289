"""Randomised evidence against the plan must be answered before anything is built; borrowed rates must fit."""

import pytest

from trialplan.errors import PlanError
from trialplan.files import shipped
from trialplan.plan import build, read


@pytest.fixture
def edit(tmp_path):
    """A builder of the shipped plan with some of its text replaced."""

    def built(*changes):
        text = (shipped("examples") / "msc-lupus-nephritis" / "plan.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return build(read(str(path)))

    return built


class TestAnswer:
    def test_without_its_answer_the_plan_is_not_built(self, edit):
        """Taking the answer to Deng 2017 out of the plan stops it with the numbers and the way out."""
        with pytest.raises(PlanError, match=r"not in the treatment's favour.*deng-2017.*5/12 against 3/6.*answer"):
            edit(('answer = "Its estimate', '# answer = "Its estimate'))

    def test_leaving_the_trial_out_is_noticed(self, edit):
        """A plan that does not mention the randomised evidence that the table names is not built."""
        text = (shipped("examples") / "msc-lupus-nephritis" / "plan.toml").read_text(encoding="utf-8")
        start, end = text.index("[[randomised]]"), text.index("[assurance]")
        with pytest.raises(PlanError, match=r"deng-2017.*leaves out"):
            edit((text[start:end], ""))

    def test_an_excluded_effect_needs_an_override(self, edit):
        """A planned difference outside the interval stops the plan until it is overridden by name."""
        stated = 'value = 0.1\nbasis = "ours"\nsource = "a teaching example"\n\n[endpoint.assumptions.treatment]\n'
        text = (shipped("examples") / "msc-lupus-nephritis" / "plan.toml").read_text(encoding="utf-8")
        start = text.index("[endpoint.assumptions.control.belief]")
        end = text.index('evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }')
        tail = 'value = 0.5\nsource = "a teaching example"\n#'
        change = (text[start:end], "[endpoint.assumptions.control]\n" + stated + tail)
        terms = text[text.index("[endpoint.assumptions.treatment.bridge") :]
        bridge = (terms[: terms.index("[[endpoint]]")], "")
        target = ("value = 0.16\n", "value = 0.4\n")
        strata = ("control_rates = [0.258, 0.140]\n", "control_rates = [0.1, 0.1]\n")
        with pytest.raises(PlanError, match=r"leaves out the planned difference 0\.400.*override = true"):
            edit(change, bridge, target, strata)
        edit(
            change,
            bridge,
            target,
            strata,
            ("compares_with_primary = true", "compares_with_primary = true\noverride = true"),
        )


class TestBorrowing:
    def test_the_predictive_mean_sizes_the_trial(self):
        """The control rate is the mean of the predictive belief from the three refractory or relapsed arms."""
        one = build(read("msc-lupus-nephritis")).primary.assumption("control")
        assert [arm.events for arm in one.borrowed.readings] == [9, 7, 8]
        assert [arm.of for arm in one.borrowed.readings] == [32, 27, 75]
        assert one.value == pytest.approx(float(one.borrowed.belief.mean()))
        low, high = one.borrowed.belief.interval()
        assert low == pytest.approx(0.06, abs=0.01)
        assert high == pytest.approx(0.49, abs=0.02)

    def test_arms_that_share_participants_are_not_borrowed_together(self, edit):
        """A subgroup and the whole arm that holds it are refused."""
        with pytest.raises(PlanError, match="bliss-ln and bliss-ln-relapsed may hold the same participants"):
            edit(
                (
                    'studies = ["mylupus-cyc", "mylupus-mps", "bliss-ln-relapsed"]',
                    'studies = ["bliss-ln", "bliss-ln-relapsed"]',
                )
            )

    def test_a_difference_that_is_not_accepted_is_a_warning(self, edit):
        """An arm read at another time or by another definition is a finding, a warning until it is accepted."""
        trial = edit(('accept = ["mylupus-cyc", "mylupus-mps", "bliss-ln-relapsed"]\n', ""))
        found = [one for one in trial.findings if one.id == "P02"]
        assert any("read at 24 months" in one.seen for one in found)
        assert {one.severity for one in found} == {"warning"}
