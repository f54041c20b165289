"""What the calls cannot take: one error of ours, with the value, the domain or the way out."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

import trialplan
from trialplan import GroupSequential, TwoProportions
from trialplan.errors import ParameterError

RATES = TwoProportions(control=0.3, treatment=0.5)
MANY = TwoProportions(control=[0.1, 0.2], treatment=0.5)

REFUSED = {
    "axes: nothing": (lambda: trialplan.scenarios(RATES, {}), "axes must vary something, as in"),
    "axes: none": (lambda: trialplan.scenarios(RATES, None), "axes must be the values of each number by its name"),
    "axes: names that are no text": (lambda: trialplan.scenarios(RATES, {3: [1]}), "by its name"),
    "values: none": (lambda: trialplan.scenarios(RATES, {"control": []}), "control needs several values, not"),
    "values: one number": (
        lambda: trialplan.scenarios(RATES, {"control": 0.3}),
        "not 0.3; give them all",
    ),
    "values: a table": (lambda: trialplan.scenarios(RATES, {"control": np.array([[0.1, 0.2]])}), "in one row"),
    "values: backwards": (lambda: trialplan.scenarios(RATES, {"control": "0.3:0.1:0.1"}), "control runs from 0.3 down"),
    "tornado: one number": (lambda: trialplan.tornado(RATES, {"control": 0.3}), "several values"),
    "tornado: nothing": (lambda: trialplan.tornado(RATES, {}), "axes are needed of a design"),
    "n: several": (lambda: trialplan.power(RATES, np.array([100, 200])), r"whole number .* not \[100, 200\]"),
    "n: a text": (lambda: trialplan.scenarios(RATES, {"control": [0.1]}, n="a"), "must be a whole number"),
    "effect: several": (lambda: trialplan.effect(RATES, 100, power=[0.8, 0.9]), "power must be one number"),
    "compare: several": (lambda: trialplan.compare(RATES, power=[0.8]), "power must be one number"),
    "dropout: several": (lambda: trialplan.size(RATES, dropout=[0.1, 0.2]), "dropout must be one share"),
    "confidence: several": (lambda: trialplan.exclude(RATES, 100, confidence=[0.9]), "confidence must be one number"),
    "beliefs: a number": (lambda: trialplan.assurance(RATES, 100, beliefs={"control": 0.3}), "must be a belief"),
    "beliefs: nothing of the kind": (lambda: trialplan.assurance(RATES, 100, beliefs=3), "by the names of its numbers"),
    "shapes": (
        lambda: TwoProportions(control=[0.1, 0.2], treatment=[0.3, 0.4, 0.5]),
        r"arrays do not fit together: control of \(2,\) and treatment of \(3,\)",
    ),
    "a field misspelt": (lambda: TwoProportions(control=0.3, treatmnt=0.5), "no 'treatmnt'; did you mean 'treatment'?"),
    "a field misspelt anew": (lambda: RATES.replace(contrl=0.3), "no 'contrl'; did you mean 'control'?"),
    "a wrapper's field": (lambda: GroupSequential(design=RATES, loks=(0.5, 1)), "no 'loks'; did you mean 'looks'?"),
    "without names": (lambda: TwoProportions(0.3, 0.5), "takes numbers by their names, not 0.3, 0.5 alone"),
    "a field left out": (lambda: TwoProportions(treatment=0.5), "control is needed: "),
    "a language": (lambda: trialplan.code(RATES, 3), "there is no language .3."),
}


@pytest.mark.parametrize(("call", "sentence"), REFUSED.values(), ids=REFUSED)
def test_is_refused(call, sentence):
    """What is no argument is told what is."""
    with pytest.raises(ParameterError, match=sentence) as told:
        call()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: trialplan.power(MANY, 100),
        lambda: trialplan.effect(TwoProportions(control=[0.1, 0.2]), 100),
        lambda: trialplan.compare(MANY),
        lambda: trialplan.verify(MANY, trials=1000),
        lambda: trialplan.tornado(MANY, {"treatment": (0.4, 0.6)}),
        lambda: trialplan.exclude(MANY, 100),
        lambda: trialplan.scenarios(MANY, {"treatment": (0.4, 0.6)}),
        lambda: trialplan.code(MANY),
    ],
    ids=["power", "effect", "compare", "verify", "tornado", "exclude", "scenarios", "code"],
)
def test_a_grid_where_one_trial_is_asked_about(ask):
    """A design of arrays is refused, with what answers for many."""
    with pytest.raises(
        ParameterError, match=r"one number for each parameter, not a grid of them; .*(scenarios\(design|power\(n\))"
    ):
        ask()


def test_a_design_is_made_as_any_dataclass_is():
    """Its signature names its numbers, and it can be copied and sent to another process."""
    assert {"control", "treatment", "alpha"} <= set(inspect.signature(TwoProportions).parameters)
    assert copy.deepcopy(RATES) == RATES == pickle.loads(pickle.dumps(RATES))


def test_a_design_that_searches_is_refused_in_the_same_words_everywhere(tmp_path):
    """Its answer is what can be asked, and the sentence says what that is."""
    simon, told = trialplan.Simon(null=0.1, expected=0.3), trialplan.Simon.no_power()
    assert told.endswith("its answer is a two-stage design, which can be asked")
    for ask in (lambda: trialplan.power(simon, 29), lambda: trialplan.compare(simon)):
        with pytest.raises(ParameterError) as why:
            ask()
        assert told in str(why.value)
        assert "TwoStage(...)" in str(why.value)
