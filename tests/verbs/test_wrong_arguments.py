"""What a call cannot take is one sentence that says what it takes, never the error of something inside."""

import pytest

import trialplan
from trialplan import (
    CoPrimary,
    GroupSequential,
    TwoProportions,
    assurance,
    build,
    check,
    code,
    compare,
    estimate,
    list_designs,
    minimise,
    randomise,
    read_evidence,
    render_protocol,
    reproduce,
    reproduce_table,
    scenarios,
    size,
    tornado,
)
from trialplan.belief import Beta, map_prior
from trialplan.errors import TrialplanError

DESIGN = TwoProportions(control=0.3, treatment=0.5)
CONTROL = {"control": Beta(3, 7)}
PLACEBO = ["placebo", "cells"]
FACTORS = {"arms": PLACEBO, "factors": {"sex": ("f", "m")}}

WRONG = {
    "beliefs without names": (
        lambda: assurance(DESIGN, 100, beliefs=(Beta(1, 2),)),
        r"by the names .* as in \{'control'",
    ),
    "a number": (lambda: assurance(DESIGN, 100, beliefs={"control": 0.3}), "about control must be a belief.* not 0.3"),
    "several beliefs": (
        lambda: assurance(DESIGN, 100, beliefs={"control": map_prior((3, 4), (10, 12))}),
        "it holds typical, predictive and mixture: give one of them",
    ),
    "another parameter": (
        lambda: assurance(DESIGN, 100, beliefs=CONTROL | {"treatment": lambda c: Beta(1, 2)}),
        "must have parameters called control, not c; as in lambda control: …",
    ),
    "a parameter too early": (
        lambda: assurance(DESIGN, 100, beliefs={"treatment": lambda control: Beta(1, 2)}),
        "must have no parameter, for no belief stands before it, not control",
    ),
    "no belief comes out": (
        lambda: assurance(DESIGN, 100, beliefs=CONTROL | {"treatment": lambda control: 0.3}),
        "about treatment given control must be a belief, not 0.3",
    ),
    "arms": (lambda: randomise(arms=2, n=100), r'arms must be a sequence, not 2; as in \["treatment", "control"\]'),
    "blocks": (lambda: randomise(arms=PLACEBO, n=20, blocks=4), r"blocks must be a sequence, not 4; as in \(4, 6\)"),
    "strata": (lambda: randomise(arms=PLACEBO, n=20, strata="x"), "strata must be given by names, not as 'x'"),
    "levels": (
        lambda: randomise(arms=PLACEBO, n=20, strata={"site": "AB"}),
        "site must be a sequence, not 'AB'",
    ),
    "half a participant": (lambda: randomise(arms=PLACEBO, n=20.5), "n must be whole, not 20.5"),
    "no path to save to": (lambda: size(DESIGN).save(None), "named by its path, as in 'answer.json', not by None"),
    "no path for a grid": (lambda: scenarios(DESIGN, {"control": (0.2, 0.3)}).save(5), "not by 5"),
    "no path for a picture": (lambda: size(DESIGN).figure().save(""), "not by ''"),
    "no path for a protocol": (lambda: render_protocol("starter", None), "not by None"),
    "half a seed of minimisation": (lambda: minimise(**FACTORS, n=9, seed=1.5), "seed must be whole, not 1.5"),
    "factors in a row": (
        lambda: minimise(arms=PLACEBO, factors=["sex"], n=9),
        "factors must be given by names, not as \\['sex'\\]",
    ),
    "levels as one text": (lambda: minimise(arms=PLACEBO, factors={"sex": "fm"}, n=9), "sex must be a sequence"),
    "levels that are numbers": (lambda: minimise(arms=PLACEBO, factors={"sex": (1, 2)}, n=9), "texts, not 1"),
    "participants without levels": (lambda: minimise(**FACTORS, participants=["f"]), "participant 1 is 'f', and no"),
    "more participants than the trial": (
        lambda: minimise(**FACTORS, participants=[{"sex": "f"}] * 3, n=2),
        "n is 2, and 3 participants have come",
    ),
    "half a weight": (lambda: randomise(arms={"a": 1.5, "b": 1}, n=9), "whole weight from 1 on, not 'a' with 1.5"),
    "half a seed": (lambda: randomise(arms=PLACEBO, n=20, seed=0.5), "seed must be whole, not 0.5"),
    "no range": (lambda: tornado(DESIGN, {"control": 0.3}), "control needs several values, not 0.3"),
    "no ranges": (lambda: tornado(DESIGN), r'tornado: axes are needed of a design; as in \{"NAME": \(0.2, 0.4\)\}'),
    "no names": (lambda: scenarios(DESIGN, [0.3]), "axes must be the values of each number by its name"),
    "an outcome's text": (
        lambda: estimate("16/30"),
        "takes one outcome of an evidence table, not '16/30'; as in",
    ),
    "a number as a file": (
        lambda: read_evidence(3),
        "read_evidence: takes a shipped table's name or .* not 3",
    ),
    "a finished protocol": (lambda: check(3), "check: takes the path of a finished protocol, not 3"),
    "a statement": (lambda: reproduce(DESIGN), "reproduce: takes a design by its slug or class, or a statement"),
    "statements": (lambda: reproduce_table(3), "reproduce_table: takes the path of a CSV file, not 3"),
    "a design's name": (lambda: list_designs(3), "list_designs: takes a design's slug or class, not 3"),
    "an answer": (lambda: code(size(DESIGN)), "not <SampleSize: .*>; its design is its `.design`"),
    "a plan": (lambda: size("msc-lupus-nephritis"), r"`build\(...\).design` is that of a plan"),
    "a built plan": (lambda: size(build("msc-lupus-nephritis")), "size: takes a design .*; its `.design` is one"),
    "a table": (lambda: build("lupus-nephritis-controls"), "is an evidence table, and a plan is asked for"),
    "a suffix": (lambda: render_protocol("msc-lupus-nephritis", "a.txt"), r"with one of .md, .html, .docx, .pdf, .tex"),
    "a word": (lambda: size(DESIGN, drop_out=0.1), "size: there is no 'drop_out'; did you mean 'dropout'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused(name):
    """The sentence says what is taken, shows what was given, and how it is done."""
    ask, sentence = WRONG[name]
    with pytest.raises(TrialplanError, match=sentence):
        ask()


def test_a_name_that_is_not_there():
    """The nearest name is told; what modules are asked for by others stays cheap."""
    with pytest.raises(AttributeError, match="no attribute 'TwoProportion'; did you mean 'TwoProportions'"):
        _ = trialplan.TwoProportion
    with pytest.raises(AttributeError, match=r"no attribute 'zzz'; help\(trialplan\) names what there is"):
        _ = trialplan.zzz
    assert not hasattr(trialplan, "__wrapped__")
    assert trialplan.figures.HeatMap


def test_tests_compared_behind_looks():
    """A design around another is compared by the inner design's tests; one without a choice has one row."""
    looks = GroupSequential(design=DESIGN, looks=(0.5, 1))
    looked = compare(looks)
    assert [row.test for row in looked][:2] == ["score", "miettinen-nurminen"]
    assert all(row.why for row in looked)
    assert next(row.n for row in looked if row.test == "score") == size(looks).n
    assert len(compare(CoPrimary(members=(DESIGN, DESIGN), correlation=0.5)).rows) == 1


def test_languages_in_any_case():
    """R and Python write themselves so."""
    assert code(DESIGN, "R") == code(DESIGN, "r")
