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


CURVES = "--control-median 12 --accrual-time 12 --follow-up-time 12"
LATE = "--effect-changes 3 --effect-course"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (f"size log-rank {CURVES} --hazard-ratio 0", "--hazard-ratio must lie in (0, ∞), not 0"),
        (
            "size log-rank --hazard-ratio 0.5 --control-hazard 0 --accrual-time 12 --follow-up-time 12",
            "--control-hazard must not be 0 throughout: nobody would have the event",
        ),
        (
            f"size log-rank {CURVES} --hazard-ratio 0.8 --effect-course=-1,1 --effect-changes 20",
            "the effect comes too late, or the curves cross, and on average over the events the hazard ratio is 1.243",
        ),
        (
            f"size milestone {CURVES} --milestone 12 --difference 0.1 {LATE}=-1,1",
            "of curves that cross no ratio of hazards belongs to one effect; state the hazards, --treatment-hazard",
        ),
        (
            f"size restricted-mean {CURVES} --horizon 12 --difference 1 --effect-course 0,1 --effect-changes 11.5",
            "an effect with this --effect-course comes too late for more than 8.66",
        ),
        (
            f"size log-rank {CURVES} --hazard-ratio 0.6 --method max-combo --looks 0.5,1",
            "--looks are not defined over log-rank with the test max-combo, whose mean does not grow in proportion",
        ),
        (
            f"size log-rank {CURVES} --hazard-ratio 0.6 {LATE} 0,1 --looks 0.5,1",
            "--looks are not defined over log-rank with an effect that changes with time",
        ),
        (
            f"size restricted-mean {CURVES} --horizon 12 --difference 1 --looks 0.5,1",
            "--looks are not defined over restricted-mean with what is read off the curves, for which no joint law",
        ),
        (
            f"size log-rank {CURVES} --hazard-ratio 0.6 --looks 0,1",
            "--looks must be increasing information fractions that end at 1",
        ),
        (
            f"monitor log-rank {CURVES} --hazard-ratio 0.6 --looks 0.5,1 --efficacy pocock --z 0 --information 0",
            "--information must be fractions of the planned one, as in 0.32, not 0",
        ),
    ],
)
def test_times_at_their_edges(run, words, sentence):
    """Hazards of 0, curves that cross, looks that are not to be had or see no events: one sentence each."""
    seen = run(*words.split())
    assert (seen.code, seen.out) == (2, "")
    assert sentence in seen.err
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
