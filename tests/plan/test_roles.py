"""A plan asks by roles: a design whose numbers have names of their own is built, varied, told apart and ranged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from trialplan import fields, files
from trialplan.analyses.scenarios.figures import figure
from trialplan.analyses.scenarios.grid import answered, scenarios
from trialplan.design import Design, Sized
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import PlanError
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.plan import building, diff_pieces
from trialplan.plan.beliefs import assess_trial, beliefs_of
from trialplan.plan.building import build
from trialplan.plan.difference import difference
from trialplan.plan.ranges import axes_of
from trialplan.plan.reading import read
from trialplan.plan.variation import ask
from trialplan.protocol.content.embedded_sources import sources


@dataclass(frozen=True, kw_only=True)
class ContestWon(Design):
    """Is a contest won more often with help?"""

    usual_chance: Numbers = parameter(
        "chance without help", PROPORTION, role="comparator", symbol="q", unit="proportion", typical=(0.1, 0.6)
    )
    odds_of_winning: Numbers = parameter(
        "chance with help, of one contest", PROPORTION, role="effect", symbol="w", unit="proportion", typical=(0.3, 0.9)
    )
    allocation: str = fields.allocation()

    formula = reference = "as the score test"

    @property
    def _other(self) -> TwoProportions:
        return TwoProportions(control=self.usual_chance, treatment=self.odds_of_winning, allocation=self.allocation)

    @property
    def exact(self) -> bool:
        """No."""
        return False

    @property
    def statistic_is_z(self) -> bool:
        """Yes."""
        return True

    def null_values(self) -> tuple[Numbers, ...]:
        """The same chance."""
        return (self.usual_chance,)

    def power(self, n: Numbers) -> Numbers:
        """That of the score test."""
        return self._other.power(n)

    def success(self, n: Numbers) -> Numbers:
        """Likewise."""
        return self._other.success(n)

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """As there."""
        return self._other.draw(n, trials, rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """As there."""
        return self._other.analyse(data, fraction)


CONTESTS = (
    ('design = "two-proportions"', 'design = "contest-won"'),
    ('[endpoint.settings]\ntest = "score"\n', ""),
    ("assumptions.control", "assumptions.usual_chance"),
    ("assumptions.treatment", "assumptions.odds_of_winning"),
)
ONE_ARM = (
    ('design = "two-proportions"', 'design = "one-proportion"'),
    ("assumptions.control", "assumptions.null"),
    ("assumptions.treatment", "assumptions.expected"),
    ("value = 0.167", "value = 0.3667"),
)


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """A builder of the starter plan with some of its text replaced, in a house that knows contests."""
    for module in (building, diff_pieces):
        known = module.design_named
        monkeypatch.setattr(
            module, "design_named", lambda slug, known=known: ContestWon if slug == "contest-won" else known(slug)
        )

    def plan(*changes, name="plan"):
        text = (files.shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return read(str(path))

    return plan


class TestNamesOfItsOwn:
    def test_it_is_built_as_the_same_trial_under_other_names(self, edit):
        """The effect is bridged toward the comparator, whatever they are called."""
        own, known = build(edit(*CONTESTS, name="own")), build(edit(name="known"))
        assert own.answer.n == known.answer.n
        effect, comparator = own.primary.by_role("effect"), own.primary.by_role("comparator")
        assert (effect.name, comparator.name) == ("odds_of_winning", "usual_chance")
        assert effect.value == pytest.approx(0.2 + 0.5 * (16 / 30 - 0.2))
        assert own.primary.rates == (effect, comparator)
        assert own.primary.by_role("spread") is None

    def test_its_target_is_the_difference_of_the_rates(self, edit):
        """As for the rates of any two arms."""
        with pytest.raises(PlanError, match=r"plan for 0\.167"):
            build(edit(*CONTESTS, ("value = 0.167", "value = 0.2")))

    def test_it_is_varied(self, edit):
        """By its own names, and by the words of the plan; the effect follows the comparator."""
        trial = build(edit(*CONTESTS))
        (row, _) = answered(ask(trial, {"usual_chance": (0.1, 0.2)})).rows()
        assert row["odds_of_winning"] == pytest.approx(0.1 + 0.5 * (16 / 30 - 0.1))
        by_words = answered(ask(trial, {"control_arm": ("a-low-control-rate",), "discount": (0.0,)})).rows()
        assert next(by_words)["odds_of_winning"] == pytest.approx(16 / 30)
        with pytest.raises(PlanError, match="usual_chance and control_arm both decide"):
            ask(trial, {"usual_chance": (0.1,), "control_arm": ("all",)})

    def test_its_ranges_are_found(self, edit):
        """The comparator's from the listed rates, the effect's from what lies behind it; arms bear their names."""
        axes = {axis.assumption: axis for axis in axes_of(build(edit(*CONTESTS)))}
        assert (axes["usual_chance"].low, axes["usual_chance"].high) == (0.1, 0.3)
        assert axes["usual_chance"].says == "the rate of response at 12 months on control is {}"
        moved = axes["odds_of_winning: discount"].design_at(0.0)
        assert moved.odds_of_winning == pytest.approx(16 / 30)

    def test_its_beliefs_are_found(self, edit):
        """Assurance is that of the same trial under other names."""
        own, known = (build(edit(*changes, name=str(len(changes)))) for changes in (CONTESTS, ()))
        assert list(beliefs_of(own)) == ["odds_of_winning"]
        assert assess_trial(own)[0].assurance == pytest.approx(assess_trial(known)[0].assurance, abs=1e-9)

    def test_two_of_its_plans_are_told_apart(self, edit):
        """A drawn rate of two that are compared is that of its arm."""
        other = [
            *CONTESTS,
            ('outcome = "complete remission", arm = "single"', 'outcome = "complete remission", arm = "double"'),
        ]
        found = difference(edit(*CONTESTS, name="a"), edit(*other, ("value = 0.167", "value = 0.048"), name="b"))
        assert "the treatment rate is drawn from wang-2012" in found.parts[0].clauses[0].words


class TestOneArm:
    def test_its_rate_is_bridged_toward_the_null(self, edit):
        """The rate hoped for is drawn, given the null; it stays a rate and is no difference."""
        trial = build(edit(*ONE_ARM))
        assert trial.primary.rates is None
        assert list(beliefs_of(trial)) == ["expected"]
        assert [row["n"] for row in answered(ask(trial, {"discount": (0.5,)})).rows()] == [trial.answer.n]
        assert axes_of(trial)[0].says == "the rate that would not be worth pursuing is {}"

    def test_looks_that_count_responses_are_refused(self, edit):
        """No document tells them; the sentence names the way out."""
        exact = ('test = "score"', 'test = "exact"')
        looks = ("[scenarios]", "[monitoring]\nlooks = [0.5, 1]\n\n[scenarios]")
        with pytest.raises(
            PlanError, match=r"\[monitoring\]: looks at one-proportion with test exact .* set test to score"
        ):
            build(edit(*ONE_ARM, exact, looks))
        assert build(edit(*ONE_ARM, looks)).design.looks == (0.5, 1.0)


class TestOnce:
    def test_no_file_is_read_and_no_design_built_twice(self, monkeypatch):
        """From TOML to the built trial: the plan, each table, each endpoint's design and the looks over one."""
        opened, made = Counter(), Counter()
        reading, checked = files.read_bytes, Sized.__post_init__

        def content(path, *rest, **more):
            opened[path.resolve()] += 1
            return reading(path, *rest, **more)

        def post_init(self):
            checked(self)
            made[type(self).__name__] += 1

        monkeypatch.setattr(files, "read_bytes", content)
        monkeypatch.setattr(Sized, "__post_init__", post_init)
        trial = build(read("msc-lupus-nephritis-monitored"))
        assert len(sources(trial.plan)) == 3
        assert set(opened.values()) == {1}
        assert len(opened) == 4
        # the primary's looks once more, over its comparison within strata: that is made open, and then with its effect
        assert made == {
            "TwoProportions": 2,
            "StratifiedProportions": 2,
            "GroupSequential": 2,
            "Ancova": 1,
            "AdverseEvent": 2,
        }


class TestPictures:
    AXES = {"usual_chance": (0.2, 0.3), "odds_of_winning": (0.4, 0.5)}

    def test_axes_say_what_a_number_is(self):
        """Its label with its symbol; nothing is marked as planned where there is no plan."""
        design = ContestWon(usual_chance=0.2, odds_of_winning=0.4)
        surface = figure(scenarios(design, self.AXES, 0.8))
        assert (surface.y_name, surface.x_name) == ("chance without help, q", "chance with help, w")
        assert surface.planned is None

    def test_a_plan_s_own_numbers_are_marked(self, edit):
        """Where they lie on the picture."""
        trial = build(edit(*CONTESTS))
        surface = figure(answered(ask(trial, self.AXES | {"odds_of_winning": (0.3, 0.5)})), plan=trial.answer)
        assert surface.planned == (pytest.approx(0.3667, abs=1e-4), 0.2)
