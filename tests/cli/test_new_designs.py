"""What the designs of times, categories and orders are asked on the command line, at their edges."""

import json

import pytest

LOG_RANK = "size log-rank --hazard-ratio 0.7 --accrual-time 12 --follow-up-time 12 --control-hazard 0,0.1"


@pytest.mark.parametrize("more", ["--hazard-changes 60", "--hazard-changes 18 --longest-follow-up 12"])
def test_nobody_can_have_the_event(run, more):
    """A hazard that begins after everybody has been followed is one sentence."""
    seen = run(*LOG_RANK.split(), *more.split())
    assert (seen.code, seen.out) == (2, "")
    assert "--control-hazard is 0 for as long as anybody is followed" in seen.err
    assert seen.err.count("\n") == 1


def test_the_effect_may_be_both_arms(run):
    """Of ordered categories the treatment's probabilities stand in place of an odds ratio; neither is one sentence."""
    words = ["size", "ordered-categories", "--control", "0.5,0.25,0.15,0.1", "--variance", "general"]
    seen = run(*words, "--treatment", "0.3,0.3,0.2,0.2", "--allocation", "2:1", "--json")
    assert seen.code == 0
    assert sum(json.loads(seen.out)["arms_unrounded"].values()) == pytest.approx(190.878976491552, rel=1e-9)
    assert (
        run(*words).err
        == "trialplan: ordered-categories needs --odds-ratio; see `trialplan size ordered-categories --help`\n"
    )


def test_an_order_is_randomised_by_its_sequences(run):
    """A crossover's list is one of sequences, and the sentence says how it is asked for."""
    seen = run("randomise", "asthma-crossover")
    assert seen.code == 2
    assert "name the sequences as the arms, as in --arms AB,BA --n 28" in seen.err
