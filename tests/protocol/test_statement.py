"""The plan's statement: the paragraph to copy has what DELTA2 asks for, and names what the plan lacks."""

import re

import pytest
from small_plans import built, endpoint, plan_text, stated

from trialplan import Crossover, OneProportion, TwoProportions, check
from trialplan.cli.protocol import DOCUMENTS as TYPED
from trialplan.errors import ParameterError
from trialplan.plan import build, read
from trialplan.protocol import render, write
from trialplan.protocol.content.readers import DOCUMENTS


def said(trial):
    """The statement as a person copies it."""
    return render(trial, kind="statement").split("::: new-page")[0].replace("\\", "")


def paragraph(trial):
    """The one paragraph before the sources."""
    return said(trial).split("# Sample size")[1].split("**Sources.**")[0].strip()


class TestStatement:
    def test_the_shipped_plan(self):
        """Number by arm, power, rates, level, sides, test, strata, looks, missing outcomes, target and its basis."""
        words = paragraph(build(read("msc-lupus-nephritis-monitored")))
        for part in (
            "258 participants give 80.3 % power",
            "37.38 % of participants on UC-MSC and 21.42 % on placebo",
            "a two-sided test at the 0.05 level",
            "129 UC-MSC and 129 placebo",
            "stratified by background induction",
            "when 130 participants have been assessed, and at the end",
            "without looks 254",
            "counts as a non-responder",
            "+16.0 points (difference of proportions), realistic",
        ):
            assert part in words
        assert "\n" not in words
        assert 80 <= len(re.findall(r"\w+", words)) <= 200

    @pytest.mark.parametrize(
        ("rule", "told"),
        [
            ('"holm"', "tested by Holm's procedure"),
            ('"co-primary"', "must be shown in favour of the treatment"),
            (
                '"graphical"\ninitial_weights = [0.8, 0.2]\ntransitions = [0, 1, 0.5, 0]',
                "response with 80 % and remission with 20 %. Once it is shown, response hands 100 % of its share to "
                "remission; remission hands 50 % of its share to response",
            ),
        ],
        ids=["holm", "co-primary", "graphical"],
    )
    def test_a_family_names_its_rule(self, tmp_path, rule, told):
        """Without the rule and its numbers nobody could compute n again."""
        second = endpoint("remission", "primary", "two-proportions", stated(control=0.2, treatment=0.4), dropout=0.1)
        family = f'\n[family]\nrule = {rule}\ncorrelation = 0.5\nsource = "ours"\n'
        trial = built(tmp_path, endpoints=second, dropout=0.1, more=family)
        assert told in paragraph(trial).replace(trial.primaries[0].name, "response")

    def test_losses_are_taken_once(self, tmp_path):
        """Randomised and analysed stand beside each other."""
        words = paragraph(built(tmp_path, dropout=0.3))
        assert "266 participants are randomised; at least 186 of them are expected to have the outcome, which" in words
        assert "30.0 % are expected" in words

    def test_a_margin_without_a_reason_is_named(self, tmp_path):
        """DELTA2 asks why the margin is acceptable."""
        how = {"settings": 'goal = "non-inferiority"\nmargin = 0.1', "assumptions": stated(control=0.3, treatment=0.3)}
        trial = built(tmp_path, target=0.0, **how)
        assert "margin_source (response at 12 months)" in said(trial)
        assert "must lie wholly above −10.0 points" in paragraph(trial)
        assert "the margin sets the number" in paragraph(trial)

    def test_one_arm_is_not_randomised(self, tmp_path):
        """No allocation, one arm's two rates."""
        words = paragraph(
            built(tmp_path, design="one-proportion", assumptions=stated(null=0.2, expected=0.4), target=0.4)
        )
        assert "Allocation" not in words
        assert "40.0 %" in words
        assert "20.0 %" in words


class TestDocuments:
    def test_the_command_line_offers_them_all(self):
        """The names stand twice, so that a help page is fast."""
        assert tuple(DOCUMENTS) == TYPED

    def test_an_unknown_one_is_refused(self, tmp_path):
        """By its nearest name."""
        with pytest.raises(ParameterError, match="did you mean 'statement'"):
            write(read("starter"), [tmp_path / "a.md"], kind="statment")

    def test_a_plan_may_say_which(self, tmp_path):
        """[report] document is what is made where none is asked for, and `check` knows it."""
        path, output = tmp_path / "plan.toml", tmp_path / "a.md"
        path.write_text(plan_text() + 'document = "statement"\n', encoding="utf-8")
        write(read(str(path)), [output])
        text = output.read_text(encoding="utf-8")
        assert "**Sources.**" in text
        assert "| Command | trialplan protocol plan.toml |" in text
        assert check(output).ok

    @pytest.mark.sweep
    @pytest.mark.parametrize("kind", [name for name in TYPED if name != "protocol"])
    def test_each_is_checked_from_what_it_holds(self, tmp_path, kind):
        """As written it agrees; with another number it does not."""
        path, output = tmp_path / "plan.toml", tmp_path / "a.md"
        path.write_text(plan_text(more="\n[monitoring]\nlooks = [0.5, 1]\n"), encoding="utf-8")
        write(read(str(path)), [output], kind=kind)
        assert check(output).ok
        text = output.read_text(encoding="utf-8")
        n = re.search(r"\b\d{3}(?= participants|; ESTIMATED)", text)
        changed = f"{text[: n.start()]}{int(n[0]) + 2}{text[n.end() :]}"
        output.write_text(changed, encoding="utf-8")
        assert not check(output).ok


@pytest.mark.parametrize(
    ("design", "done"),
    [
        (TwoProportions(control=0.3, treatment=0.5), "randomised"),
        (Crossover(difference=1, sd_within=1), "randomised"),
        (OneProportion(null=0.1, expected=0.3), "enrolled"),
    ],
)
def test_what_is_done_with_participants(design, done):
    """Chance gives an arm or an order, or there is just one arm."""
    assert design.done == done
