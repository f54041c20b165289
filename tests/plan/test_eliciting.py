"""An elicitation sheet sent out and read back, and a plan whose control rate experts have said."""

import pytest
from scipy import stats

from trialplan import build, elicit, elicitation_sheet
from trialplan.errors import PlanError
from trialplan.files import shipped
from trialplan.plan.beliefs import beliefs_of
from trialplan.protocol.content.context import _said

FILLED = {
    "5 % (one in twenty: you would be surprised)": "8 %",
    "50 % (as likely": "0,2",
    "95 % (one in twenty lies": "0.4",
}


@pytest.fixture
def sheet(tmp_path):
    """A filled sheet under a name."""

    def filled(name, chips=(), **values):
        text = elicitation_sheet().replace("Name: ____", f"Name: {name}")
        for start, value in (values.get("quantiles") or {}).items():
            line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
            text = text.replace(line, line.rstrip("|").rstrip() + f" {value} |")
        rows = "".join(f"| {low} | {high} | {count} |\n" for low, high, count in chips)
        text = text.replace("| | | |\n" * 3, rows) if chips else text
        path = tmp_path / f"{name or 'nobody'}.md"
        path.write_text(text, encoding="utf-8")
        return path

    return filled


class TestSheet:
    def test_quantiles_and_chips_come_back(self, sheet):
        """A rate typed as a percentage, with a comma or with a point; chips as shares up to the inner edges."""
        a = sheet("Ada", quantiles=FILLED)
        b = sheet("Bo", chips=[(0, "10 %", 4), (0.1, 0.2, 10), (0.2, 0.5, 6)])
        found = elicit(a, b)
        assert found.fits[0].expert.quantiles == ((0.05, 0.08), (0.5, 0.2), (0.95, 0.4))
        assert found.fits[1].expert.quantiles == ((0.2, 0.1), (0.7, 0.2))
        assert found.belief.mean() == pytest.approx(sum(one.belief.mean() for one in found.fits) / 2)
        assert [label for label, _ in found.figure().lines] == ["Ada", "Bo", "linear pool"]
        assert "2 experts believe in" in str(found)

    @pytest.mark.parametrize(
        ("made", "words"),
        [
            ({"name": ""}, "says no name"),
            ({"name": "A"}, "neither table"),
            ({"name": "A", "quantiles": FILLED, "chips": [(0, 0.1, 1), (0.1, 0.3, 2)]}, "both tables"),
            ({"name": "A", "chips": [(0, 0.1, 4), (0.2, 0.3, 2)]}, "a bin ends at 0.1 and the next begins at 0.2"),
            ({"name": "A", "chips": [(0, 0.1, 4), (0.1, 0.3, 2.5)]}, "no number of chips"),
            ({"name": "A", "quantiles": {"50 % (as likely": "about 20"}}, "'about 20' is no number"),
        ],
    )
    def test_what_cannot_be_read_is_one_sentence(self, sheet, made, words):
        """With the file, the value and the way out."""
        with pytest.raises(PlanError, match=words):
            elicit(sheet(**made))


STATED = """value = 0.2
basis = "ours" # cited, derived or ours
source = "name the placebo arm, its definition and its time point"
"""


@pytest.fixture
def planned(tmp_path):
    """The starter with experts' control rate, and the difference that it plans for."""

    def built(experts, difference):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        assert STATED in text
        text = text.replace(STATED, "").replace(
            "[endpoint.assumptions.control]", f"[endpoint.assumptions.control.{experts}"
        )
        path = tmp_path / "plan.toml"
        path.write_text(text.replace("value = 0.167", f"value = {difference}"), encoding="utf-8")
        return build(str(path))

    return built


EXPERTS = """experts]
question = "response on placebo"
source = "two rheumatologists, each alone, by the planners (ours)"
expert = [
  { name = "Ada", quantiles = [[0.05, 0.1], [0.5, 0.2], [0.95, 0.35]] },
  { name = "Bo", edges = [0, 0.1, 0.2, 0.3, 0.5], chips = [2, 8, 7, 3] },
]
"""


class TestPlan:
    def test_the_control_rate_is_the_pool_s_mean(self, planned):
        """Sized at the mean, believed as the pool, which assurance integrates before the treatment."""
        trial = planned(EXPERTS, "0.16")
        one = trial.primary.assumption("control")
        fits = one.elicited.fits
        assert one.value == pytest.approx(sum(stats.beta(f.belief.a, f.belief.b).mean() for f in fits) / 2)
        assert trial.primary.assumption("treatment").value == pytest.approx((one.value + 16 / 30) / 2)
        assert list(beliefs_of(trial)) == ["control", "treatment"]
        assert _said(trial)["primaries"][0].assumptions[0].elicited is one.elicited

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            (("experts]\n", 'experts]\nfamily = "normal"\n'), "fitted by normal, and a rate is asked; use beta"),
            (("edges = [0, 0.1, 0.2, 0.3, 0.5], ", ""), "says no edges"),
            (("[0.95, 0.35]", "[0.95, 0.15]"), "fit no distribution"),
        ],
    )
    def test_what_experts_cannot_mean(self, planned, changes, words):
        """One sentence with the expert and the way out."""
        with pytest.raises(PlanError, match=words):
            planned(EXPERTS.replace(*changes), "0.16")
