"""Two plans compared: the parts add up exactly, and what cannot be told apart is said to be one."""

import itertools
import math
from fractions import Fraction
from statistics import NormalDist

import pytest

from trialplan.errors import PlanError, TrialplanError, UnreachableError
from trialplan.files import shipped
from trialplan.plan import difference as module
from trialplan.plan import read
from trialplan.plan.difference import difference

STARTER = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
CONTROL = 'value = 0.2\nbasis = "ours"'
DRAWN = """evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }
bridge = { discount = 0.5, source = "why this much of the open-label excess is not believed" }
"""
STATED = (DRAWN, 'value = 0.4\nsource = "ours"\n')
EXCLUDED = ('missing = "non-response"', 'missing = "excluded"\ndropout = 0.1\ndropout_source = "ours"')


@pytest.fixture
def plan(tmp_path):
    """A reader of the starter plan with some of its text replaced."""
    count = itertools.count()

    def made(*changes, base=STARTER):
        for old, new in changes:
            assert old in base
            base = base.replace(old, new, 1)
        path = tmp_path / f"plan{next(count)}.toml"
        path.write_text(base, encoding="utf-8")
        return read(str(path))

    return made


def assumed(found):
    """The parts' assumptions, by the names that they join."""
    return [tuple(clause.assumption for clause in part.clauses) for part in found.parts]


def textbook(control, treatment, power):
    """n in all of the chi-squared test with equal arms, by the standard library."""
    z = NormalDist().inv_cdf
    mean = (control + treatment) / 2
    root = z(0.975) * math.sqrt(2 * mean * (1 - mean))
    root += z(power) * math.sqrt(control * (1 - control) + treatment * (1 - treatment))
    return 2 * math.ceil((root / (treatment - control)) ** 2)


class TestShares:
    def test_three_changes_by_all_orders_of_the_textbook_formula(self, plan):
        """The parts are the averages over the six orders in which the textbook formula could be changed."""
        before = {"control": 0.2, "treatment": 0.4, "power": 0.8}
        after = {"control": 0.25, "treatment": 0.45, "power": 0.9}
        total = dict.fromkeys(before, Fraction(0))
        for order in itertools.permutations(before):
            at = dict(before)
            for name in order:
                was = textbook(**at)
                at[name] = after[name]
                total[name] += textbook(**at) - was
        a = plan(STATED)
        b = plan(
            STATED,
            (CONTROL, CONTROL.replace("0.2", "0.25")),
            ("value = 0.4\n", "value = 0.45\n"),
            ("power = 0.8", "power = 0.9"),
        )
        found = difference(a, b)
        assert {part.clauses[0].assumption: part.change_in_n for part in found.parts} == {
            name: share / 6 for name, share in total.items()
        }
        assert (found.of_a.n, found.of_b.n) == (textbook(**before), textbook(**after))

    def test_the_shipped_plan_in_five_ways_at_once(self, plan):
        """Belief, evidence, bridge, power and allocation: parts add up to the change exactly, shown ones too."""
        text = (shipped("examples") / "msc-lupus-nephritis" / "plan.toml").read_text(encoding="utf-8")
        changes = [
            ("tau_scale = 0.5", "tau_scale = 1.0"),
            ('arm = "single" }', 'arm = ["single", "double"] }'),
            ("discount = 0.396", "discount = 0.25"),
            ("power = 0.8", "power = 0.9"),
            ('allocation = "1:1"', 'allocation = "2:1"'),
        ]
        a, b = plan(base=text), plan(*changes, base=text)
        found = difference(a, b)
        assert set(assumed(found)) == {
            ("control",),
            ("treatment: evidence",),
            ("treatment: bridge",),
            ("power",),
            ("allocation",),
        }
        assert sum(part.change_in_n for part in found.parts) == found.change == found.of_b.n - found.of_a.n
        assert sum(part.shown for part in found.parts) == found.change
        back = difference(b, a)
        assert {part.clauses[0].assumption: -part.change_in_n for part in back.parts} == {
            part.clauses[0].assumption: part.change_in_n for part in found.parts
        }

    def test_losses_move_the_enrolled_and_not_n(self, plan):
        """Dropout has no share of n, and its share of the enrolled adds up with the others."""
        found = difference(plan(), plan(EXCLUDED, ("power = 0.8", "power = 0.9")))
        parts = {part.clauses[0].assumption: part for part in found.parts}
        assert parts["losses"].change_in_n == 0
        assert parts["losses"].change_in_enrolled > 0
        assert sum(part.change_in_enrolled for part in found.parts) == found.change_enrolled
        assert found.drops_out
        assert found.of_b.enrolled == 2 * math.ceil(found.of_b.n / 2 / 0.9)

    def test_looks_are_one_change(self, plan):
        """Monitoring that only one plan has is one part, whatever it says."""
        found = difference(plan(), plan(("[scenarios]", "[monitoring]\nlooks = [0.5, 1.0]\n\n[scenarios]")))
        assert len(found.parts) == 1
        assert "looks" in assumed(found)[0]
        assert 0 <= found.change < 10

    def test_several_treatments_and_their_looks_are_one_change(self, plan):
        """A rule of [arms] alone changes n; that a treatment is dropped needs looks, and counts with them."""
        arms = '[arms]\nnames = ["one dose", "two doses"]\n'
        looks = '[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "obrien-fleming"\n'
        alone, several = plan(STATED), plan(STATED, base=f"{STARTER}\n{arms}")
        dropping = plan(STATED, base=f"{STARTER}\n{arms}kept = 1\n\n{looks}")
        found = difference(alone, several)
        assert assumed(found) == [("arms",)]
        assert found.between[1] > found.between[0]
        assert assumed(difference(several, dropping)) == [("arms", "looks", "efficacy")]


class TestJoined:
    def test_a_goal_and_its_margin(self, plan):
        """A goal without its margin makes no plan, so the two are one part, and the power stays apart."""
        b = plan(
            ('test = "score"', 'test = "score"\ngoal = "non-inferiority"\nmargin = 0.1'), ("power = 0.8", "power = 0.9")
        )
        found = difference(plan(), b)
        assert set(assumed(found)) == {("goal", "margin"), ("power",)}
        joined = next(part for part in found.parts if len(part.clauses) == 2)
        assert joined.why_joined == "with only some of these changes the plan makes no sense"

    def test_rates_that_pass_each_other(self, plan):
        """Where one rate without the other leaves no effect, the two are one part, and it is said why."""
        higher = (CONTROL, CONTROL.replace("0.2", "0.5")), ("value = 0.4\n", "value = 0.7\n")
        found = difference(plan(STATED), plan(STATED, *higher))
        assert assumed(found) == [("control", "treatment")]
        assert "no number of participants would do" in found.parts[0].why_joined

    def test_another_table_and_the_rate_drawn_from_it(self, plan):
        """A rate cannot be drawn from a table that does not have it, so table and reading are one part."""
        found = difference(read("starter"), read("cerebral-vasospasm"))
        assert ("evidence table", "treatment: evidence") in assumed(found)
        assert sum(part.change_in_n for part in found.parts) == found.change

    def test_another_design(self, plan):
        """A design with numbers of its own is one part with them."""
        b = plan(
            ('design = "two-proportions"', 'design = "one-proportion"'),
            ("[endpoint.assumptions.control]", "[endpoint.assumptions.null]"),
            ("[endpoint.assumptions.treatment]", "[endpoint.assumptions.expected]"),
            ('test = "score"', 'test = "exact"'),
            ("power = 0.8", "power = 0.9"),
        )
        found = difference(plan(), b)
        assert {"design", "control", "treatment", "null", "expected", "test"} in map(set, assumed(found))
        assert ("power",) in assumed(found)


class TestSame:
    def test_words_alone_change_nothing(self, plan):
        """A plan that differs in words has no part, and the places that differ are named."""
        found = difference(plan(), plan(('title = "Working title of the trial"', 'title = "Another title"')))
        assert (found.parts, found.also, found.change) == ((), ("trial.title",), 0)

    def test_a_default_that_is_written_down(self, plan):
        """Stating the level that is the usual one anyway changes nothing that n rests on."""
        found = difference(plan(), plan(('test = "score"', 'test = "score"\nalpha = 0.05\nsides = 2')))
        assert found.parts == ()
        assert found.also == (
            "endpoint.response at 12 months.settings.alpha",
            "endpoint.response at 12 months.settings.sides",
        )

    def test_a_copied_table_is_the_same_table(self, plan, tmp_path):
        """A copy of the evidence table under another path is no change."""
        table = shipped("examples") / "msc-lupus-nephritis" / "evidence.toml"
        (tmp_path / "copy.toml").write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
        found = difference(plan(), plan(('table = "msc-lupus-nephritis"', 'table = "copy.toml"')))
        assert found.parts == ()


class TestRefused:
    @pytest.mark.parametrize("swapped", [False, True])
    def test_a_plan_without_a_number(self, plan, swapped):
        """Where either plan has no n there is nothing to compare, and the plan is named."""
        pair = [plan(STATED), plan(STATED, (CONTROL, CONTROL.replace("0.2", "0.5")))]
        with pytest.raises(UnreachableError, match=r"plan1\.toml, endpoint .*no number of participants"):
            difference(*(reversed(pair) if swapped else pair))

    def test_a_plan_that_cannot_be_built(self, plan):
        """A plan that cannot be built is refused with its own sentence."""
        with pytest.raises(TrialplanError, match="did you mean 'score'"):
            difference(plan(), plan(('test = "score"', 'test = "scores"')))

    def test_too_many_changes(self, plan, monkeypatch):
        """More changes than can be shared are refused, with a way out."""
        monkeypatch.setattr(module, "MOST", 1)
        b = plan((CONTROL, CONTROL.replace("0.2", "0.25")), ("power = 0.8", "power = 0.9"))
        with pytest.raises(PlanError, match=r"differ in 2 assumptions .* put a plan in between"):
            difference(plan(), b)
