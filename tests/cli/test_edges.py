"""Numbers at the edge of what arithmetic can carry: an answer that is right, or one sentence that states the domain."""

from __future__ import annotations

import json
import warnings

import pytest

RATES = ("two-proportions", "--control", "0.3", "--treatment", "0.5")
MEANS = ("two-means", "--difference", "0.3")
ENTRY = ("--accrual-time", "12", "--follow-up-time", "6")
TIMES, FEW = ("--control-median", "10", *ENTRY), ("--control-median", "1e40", *ENTRY)
NONE = ("--treatment-hazard", "0")

REFUSED = [
    (("power", *MEANS, "--sd", "1e-170", "--n", "20"), "--sd must lie in [1e-50, 1e+50]"),
    (("size", *MEANS, "--sd", "1e60"), "--sd must lie in [1e-50, 1e+50]"),
    (("size", "two-means", "--difference", "1e200", "--sd", "1e200"), "--difference must lie in [-1e+70, 1e+70]"),
    (("verify", *MEANS, "--sd", "1e-300", "--n", "20", "--trials", "100"), "--sd must lie in"),
    (("size", "two-means", "--difference", "1e-60", "--sd", "1e50"), "no number of participants up to 1e+12"),
    (("size", "adverse-event", "--rate", "1e-308"), "--rate must lie in [1e-100, 1 - 1e-15]"),
    (("size", "adverse-event", "--rate", "1e-12", "--probability", "0.999"), "no number of participants up to 1e+12"),
    (("size", "one-proportion", "--null", "0.1", "--expected", "0.9999999999999999"), "not 1 - 1.1e-16"),
    (
        ("size", "precision-proportion", "--expected", "0.2", "--width", "0.4", "--confidence", "0.9999999999999999"),
        "--confidence must lie in [1e-100, 1 - 1e-15], where arithmetic keeps its digits, not 1 - 1.1e-16",
    ),
    (
        ("size", "precision-proportion", "--expected", "0.8", "--width", "1e-300", "--interval", "wald"),
        "--width must lie in [1e-100, 1 - 1e-15]",
    ),
    (("size", "precision-proportion", "--expected", "0.8", "--width", "1e-9"), "no number of participants up to 1e+12"),
    (("size", "precision-mean", "--sd", "1e16", "--width", "0.5"), "no number of participants up to 1e+12"),
    (("size", "precision-mean-difference", "--sd", "1", "--width", "1e-40"), "no number of participants up to 1e+12"),
    (("size", "milestone", *TIMES, "--milestone", "10", "--difference", "0.1", *NONE), "has no event by 10"),
    (("compare", "milestone", *TIMES, "--milestone", "10", "--difference", "0.1", *NONE), "has no event by 10"),
    (("effect", "milestone", *TIMES, "--milestone", "10", *NONE, "--n", "100"), "has no event by 10"),
    (("size", "restricted-mean", *TIMES, "--horizon", "10", "--difference", "1", *NONE), "has no event by 10"),
    (("power", "ordered-categories", "--control", "1e-60", "--odds-ratio", "1.5", "--n", "100"), "in two categories"),
    (("compare", "log-rank", *FEW, "--hazard-ratio", "0.6"), "no number of participants up to 1e+12"),
    (("power", "log-rank", *FEW, "--hazard-ratio", "0.6", "--method", "max-combo", "--n", "10"), "no variance"),
    (("size", "one-rate", "--null", "0.5", "--expected", "0.3", "--exposure", "1e12"), "it counts up to 1e+10"),
    (
        (
            "power",
            "precision-rate-ratio",
            "--control",
            "0.5",
            "--treatment",
            "0.0856",
            "--exposure",
            "1e-50",
            "--n",
            "22",
        ),
        "cannot be computed",
    ),
    (
        ("monitor", *MEANS, "--sd", "8", "--looks", "0.5,1", "--sds", "x", "--means", "1/9,0/9"),
        "--sds must be one number",
    ),
    (("size", *RATES, "--alpha", "1e-300"), "--alpha must lie in [1e-100, 1 - 1e-15]"),
    (("size", *RATES, "--power", "0.9999999999999999"), "--power must lie in [1e-100, 1 - 1e-15]"),
    (("size", *RATES, "--dropout", "0.99999999999"), "more than 1e+12 would be enrolled"),
    (
        ("size", *RATES, "--looks", "0.5,1", "--accrual-rate", "1e-300", "--read-after", "12"),
        "a trial may take 12,000; recruit faster",
    ),
    (
        (
            "monitor",
            "ratio-of-means",
            "--ratio",
            "2.5",
            "--cv",
            "1",
            "--looks",
            "0.00001,1",
            "--look",
            "1",
            "--z",
            "-2",
        ),
        "--looks must be information fractions in [0.001, 1], not 1e-05",
    ),
]

ANSWERED = [
    ("size", "two-means", "--difference", "1e69", "--sd", "1e-50"),
    ("power", "two-means", "--difference", "1e69", "--sd", "1e-50", "--n", "999999999998"),
    ("power", "two-means", "--difference", "1e-70", "--sd", "1e50", "--n", "4"),
    ("verify", "two-means", "--difference", "1.5", "--sd", "1.6", "--trials", "100", "--n", "2"),
    ("verify", "two-means", "--difference", "1.5", "--sd", "1.6", "--test", "welch", "--trials", "100", "--n", "2"),
    ("verify", *MEANS, "--sd", "0.8", "--trials", "100", "--looks", "0.001,1"),
    ("verify", "ancova", "--difference", "1.5", "--sd", "1", "--correlation", "0.5", "--trials", "100", "--n", "2"),
    ("verify", "ratio-of-means", "--ratio", "2", "--cv", "1", "--trials", "100", "--n", "2"),
    ("verify", "ratio-of-means", "--ratio", "2", "--cv", "1", "--trials", "100", "--looks", "0.001,1"),
    ("verify", *RATES, "--trials", "100", "--looks", "0.001,1"),
]


@pytest.mark.parametrize(
    ("typed", "sentence"), REFUSED, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_what_cannot_be_carried_is_refused(run, typed, sentence):
    """A number beyond what arithmetic carries is refused with its domain, in one sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ran = run(*typed)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("typed", ANSWERED, ids=" ".join)
def test_what_can_be_carried_is_answered(run, typed):
    """At the edge there is an answer, no warning, and no number that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ran = run(*typed)
    assert ran.code in (0, 1)
    assert ran.err == ""
    assert "nan" not in ran.out.split()


def test_a_rare_event_is_seen_in_somebody(run):
    """A probability that one participant exceeds asks for one participant, not for none."""
    answer = json.loads(run("size", "adverse-event", "--rate", "0.005", "--probability", "1e-12", "--json").out)
    assert (answer["n"], answer["attained" if "attained" in answer else "power"]) == (1, pytest.approx(0.005))


def test_no_rate_above_a_control_rate_of_all_but_one(run):
    """Where no rate above the control's can be shown, that is what is said."""
    ran = run("effect", "two-proportions", "--control", "0.999999", "--n", "20")
    assert ran.code == 0
    assert "no treatment can be shown" in ran.out


def test_looks_by_their_number_or_as_fractions(run):
    """Looks given by their number, or as fractions, are those at equal distances."""
    answers = [run("size", *RATES, "--looks", looks, "--json").out for looks in ("3", "1/3,2/3,1")]
    assert answers[0] == answers[1]
    assert [look["information"] for look in json.loads(answers[0])["looks"]] == [1 / 3, 2 / 3, 1]


def test_a_mean_that_cannot_be_carried(run, tmp_path):
    """A table's mean whose square is no number is refused with its domain; one that can be carried is audited."""
    text = '[table]\ntitle = "t"\n[[study]]\nkey = "a"\n[[study.outcome]]\nname = "score"\nn = 20\n' + "\n".join(
        f"{name} = {value}" for name, value in {"baseline_mean": 3, "baseline_sd": 1, "followup_sd": 1}.items()
    )
    path = tmp_path / "table.toml"
    path.write_text(f"{text}\nfollowup_mean = 1e300\n", encoding="utf-8")
    ran = run("evidence", str(path))
    assert ran.code == 2
    assert "followup_mean must lie in [-1e+70, 1e+70], not 1e+300" in ran.err
    path.write_text(f"{text}\nfollowup_mean = 1e69\n", encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run("evidence", str(path)).code == 0
