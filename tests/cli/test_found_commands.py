"""Commands that failed when somebody tried them: each ends today as it should, with the value that is right.

The values are those of independent calculations: rpact and PASS for margins, enumeration for exact tests.
"""

from __future__ import annotations

import json
import shlex
import warnings

import pytest

from trialplan import OneProportion, TwoMeans
from trialplan.cli import Terminated, main
from trialplan.evidence.pooling import Effects, pool

RATES = "two-proportions --control 0.3 --treatment 0.5"
SWAPPED = "two-proportions --control .5 --treatment .3 --n 186"
MEANS = "power two-means --difference -.5 --sd 1 --n 128"
TRIPLED = "size two-proportions --control .05 --treatment .25 --scale ratio --goal superiority --margin 2 --power .9 "
ONE_PER_TWO = "power two-means --difference 0.01 --sd 1 --n 160"

ANSWERED = [
    # numbers at the edge
    ("size adverse-event --rate 0.005 --probability 1e-12", "1 participant in all"),
    (f"size {RATES} --alpha 1e-15", "941 per arm"),
    (f"size {RATES} --alpha 1e-16", "1,000 per arm"),
    ("effect two-proportions --control 0.999999 --n 20", "no treatment can be shown"),
    ("verify two-means --difference 1.5 --sd 1.6 --trials 100 --n 2", "100 simulated trials"),
    ("verify ancova --difference 1.5 --sd 1 --correlation 0.5 --trials 100 --n 2", "100 simulated trials"),
    ("size precision-proportion --expected .3 --width .1 --confidence .9999999", "(99.99999 %)"),
    (f"size {RATES} --power .999999999", "(asked for 1 - 1e-09)"),
    # two-sided power counts what is shown either way, by every test and with looks
    (MEANS, "success < 0.001, power 0.801"),
    (f"{MEANS} --test welch", "power 0.801"),
    (f"{MEANS} --test z", "power 0.807"),
    (f"{MEANS} --looks 0.5,1", "power 0.798"),
    (f"power {SWAPPED}", "power 0.800"),
    (f"power {SWAPPED} --test fisher", "power 0.751"),
    (ONE_PER_TWO, "success 0.029, power 0.050"),
    (f"{ONE_PER_TWO} --test z", "success 0.029, power 0.050"),
    # superiority by a margin, which rpact 4.5 gives as 217.5, 165.7 + 248.5 and 133.9 + 200.9
    (f"{TRIPLED} --alpha .025 --sides 1", "218 per arm"),
    (f"{TRIPLED} --alpha .025 --sides 1 --allocation 2:3", "166 treatment + 249 control"),
    (f"{TRIPLED} --alpha .05 --sides 1 --allocation 2:3", "134 treatment + 201 control"),
    ("compare two-means --difference .5 --sd 1 --sd-treatment 1.5", "206 (z) to 208 (welch)"),
    (f"power {RATES} --arms 61,58", "power 0.606 with 61 treatment + 58 control"),
    # a headline says what is shown
    (
        "size two-proportions --control .3 --treatment .3 --goal non-inferiority --margin 0.1",
        "to show that it is not worse by more than 10 points",
    ),
    (
        "size two-proportions --control .3 --treatment .3 --goal equivalence --margin 0.1",
        "to show a difference between -10 points and 10 points",
    ),
    ("size one-proportion --null .1 --expected .3", "to show more than null = 0.1, if expected = 0.3"),
    (
        "effect two-proportions --control .3 --n 10000000000",
        "treatment = 0.3000257, and none lower, can be told from 0.3",
    ),
    ("effect two-proportions --control .21 --n 300", "treatment = 0.3551, and none lower, can be told from 0.21"),
    # an effect on another scale is varied by tornado as by scenarios
    ("tornado two-proportions --control .3 --treatment .5 --vary difference=.1,.25", "20 %  10 % … 25 %  712 … 122"),
    (
        "tornado two-proportions --control .3 --treatment .5 --vary reduction=-.9,-.3",
        "-66.7 %  -90 % … -30 %  104 … 874",
    ),
    (
        "tornado log-rank --control-median 10 --hazard-ratio .7 --accrual-time 12 --follow-up-time 12 "
        "--vary treatment-median=12,16",
        "14.29  12 … 16  1,406 … 230",
    ),
    # what a statement implies
    (
        "reproduce two-means --goal non-inferiority --sd 0.26 --sd-treatment 0.51 --margin 0.19 --alpha 0.025 "
        "--sides 1 --power 0.8 --dropout 0.2 --per-arm 90",
        "Reproduced: 90 per arm is what z test with known standard deviations",
    ),
    (f"reproduce {RATES} --test chi-square --n 186 --power .8", "Reproduced: 186 in all is what score test"),
]

FAILED = [
    ("reproduce two-means --difference 0.3 --sd 1e6 --n 186", "does not give --power"),
    ("reproduce simon --null 0.05 --expected 0.1 --n 186", "does not give --power"),
    ("reproduce ancova --difference 1.5 --sd 1e-4 --correlation 0.7 --n 186", "does not give --power"),
    (
        "reproduce two-means --difference .5 --sd 1 --alpha .05 --per-arm 73",
        "The stated n has power 0.851 by Student's t test",
    ),
    (
        "reproduce two-proportions --control .5 --treatment .31 --favourable lower --alpha .01 --per-arm 244",
        "244 per arm is what Fisher's exact test, power by enumeration (assumed: two-sided, this test) gives",
    ),
    (
        "reproduce two-means --difference -.25 --sd 1.5 --favourable lower --power .8 --alpha .05 --per-arm 252",
        "--difference (treatment mean minus control mean) of -0.375 would give the stated n",
    ),
]

REFUSED = [
    ("reproduce two-proportions --control 0.3 --treatment 0.5 --n 186 --alpha 1e-300", "--alpha must lie in [1e-100"),
    ("check x.docx --patience nan", "--patience must be seconds above 0"),
    ("check x.docx --patience inf", "--patience must be seconds above 0"),
    ("size two-proportions --control .37 --treatment .21", "in the treatment's favour: it must lie above"),
    (
        "size two-proportions --control .05 --treatment .25 --scale ratio --goal non-inferiority --margin 2.0",
        "write the limit on that side, as in 0.5, or set --goal to superiority or --favourable to lower",
    ),
    ("size ratio-of-means --ratio 1 --cv .3 --goal non-inferiority --margin 1.25", "write the limit on that side"),
    (
        "size two-proportions --control .3 --treatment .3 --goal non-inferiority --margin=-0.2",
        "must lie in (0, 1), not -0.2",
    ),
    (
        "size two-proportions --control .3 --treatment .3 --goal non-inferiority --margin 1.5",
        "must lie in (0, 1), not 1.5",
    ),
    (f"size {RATES} --test chi-square", "may mean any of score, continuity-corrected and wald"),
    (f"power {RATES} --n 301", "try 300 or 302"),
    ("power simon --null .1 --expected .3 --n 29", "`trialplan power two-stage`"),
    ("tornado two-proportions --control 0 --treatment .5 --vary ratio=2,3", "ratio has no planned value"),
    ("verify two-means --difference .5 --sd 1 --n 10000000000 --trials 100", "too large to be drawn"),
    ("verify two-means --difference .5 --sd 1 --trials 1e9", "write it in digits, 1000000000"),
    ("verify event-counts --trials 100 --control-rate 1e+50 --rate-ratio 0.5 --dispersion 0.2", "too many to be drawn"),
    ("power one-proportion --null .3 --expected .31 --looks .5,1 --n 100001", "where the exact test has looks"),
    ("power event-counts --control-rate 1 --rate-ratio .99 --n 1000000000 --test exact", "it counts up to 1e+08"),
    (
        "size event-counts --control-rate 1 --rate-ratio .9999999 --test exact",
        "events; look again at the effect and the level",
    ),
    (
        "size two-proportions --control .3 --treatment .3001 --test fisher",
        "use --test score, which needs 659,368,680",
    ),
    ("effect two-proportions --control .3 --n 100 --power 60", "trialplan: --power must lie in (0, 1), not 60"),
    ("tornado two-means --difference .5 --sd 1 --vary sd=1,2 --power 60", "trialplan: --power must lie in (0, 1)"),
    ("scenarios starter --vary control=.1,.2 --power 60", "trialplan: --power must lie in (0, 1), not 60"),
    ("size two-means --difference 1e-9 --sd 1", "no number of participants up to 1e+12"),
    ("scenarios starter --vary treatment.discount=0.1", "there is no 'treatment.discount' to vary"),
]


def ends(run, typed, code):
    """What a command says, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ran = run(*shlex.split(typed))
    assert ran.code == code, ran.err
    return ran


@pytest.mark.parametrize(("typed", "right"), ANSWERED)
def test_what_is_answered(run, typed, right):
    """With the right value."""
    assert right in ends(run, typed, 0).out


@pytest.mark.parametrize(("typed", "right"), FAILED)
def test_what_is_judged(run, typed, right):
    """A statement that is not reproduced ends with 1, and says why."""
    assert right in ends(run, typed, 1).out


@pytest.mark.parametrize(("typed", "right"), REFUSED)
def test_what_is_refused(run, typed, right):
    """In one sentence, with the way out."""
    ran = ends(run, typed, 2)
    assert right in ran.err
    assert (ran.out, ran.err.count("\n")) == ("", 1)


def test_what_does_not_fit_into_memory(run, monkeypatch):
    """Is one sentence with the way out, whatever was asked."""

    def no_room(*_, **__):
        raise MemoryError

    monkeypatch.setattr(TwoMeans, "sample_size", no_room)
    assert "more memory than there is; ask for less" in ends(run, "size two-means --difference .5 --sd 1", 2).err


@pytest.mark.parametrize(("how", "code"), [(Terminated, 143), (KeyboardInterrupt, 130)])
def test_what_is_ended_while_a_class_is_made(run, monkeypatch, how, code):
    """Python tells it as an error of the class, and it is an interruption all the same."""

    def interrupted(*_, **__):
        raise RuntimeError("Error calling __set_name__") from how()

    monkeypatch.setattr(TwoMeans, "sample_size", interrupted)
    assert ends(run, "size two-means --difference .5 --sd 1", code).err == "trialplan: interrupted\n"


@pytest.mark.parametrize(
    ("typed", "choice"),
    [
        (f"size {RATES} --looks 0.5,1 --efficacy obf", "wang-tsiatis"),
        ("size precision-proportion --expected .3 --width .1 --interval exact", "clopper-pearson"),
    ],
)
def test_choices_are_listed_once(run, typed, choice):
    """In a refusal that names them."""
    assert ends(run, typed, 2).err.count(choice) == 1


def test_what_may_be_varied_is_not_required(run):
    """The help of scenarios does not ask for a number that --vary gives, and names the plan's power as its default."""
    told = " ".join(run("scenarios", "two-proportions", "--help").out.split())
    assert "rate in the control arm, in [0, 1] [required unless it is varied]" in told
    told = " ".join(run("scenarios", "starter", "--help").out.split())
    assert "[default: the plan's]" in told
    assert "0.8" not in told


@pytest.mark.parametrize("power", ["0.9", "0.8"])
def test_a_plan_is_varied_at_its_own_power(run, power, tmp_path):
    """Where none is typed."""
    plan = (run("init", str(tmp_path / "plan.toml")), tmp_path / "plan.toml")[1]
    text = plan.read_text(encoding="utf-8")
    assert "power = 0.8" in text
    plan.write_text(text.replace("power = 0.8", f"power = {power}"), encoding="utf-8")
    assert f"n at power {power}" in ends(run, f"scenarios {plan} --vary control=0.15,0.2", 0).out


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a list of a trial and a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text("study,outcome,events,of\nalpha 2019,remission,3,7\n", encoding="utf-8")
    assert main(["randomise", "--arms", "a,b", "--n", "8", "--seed", "1", "-o", "list.csv"]) == 0
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("randomise --arms a,b --n 8 --seed 2 -o list.csv", "list.csv exists already"),
        ("evidence table.csv -o table.csv", "table.csv exists already"),
        ("evidence table.csv -o table.csv --force", "is read by the same command"),
        ("protocol starter -o taken/o.tex", "taken/o-figures is no folder"),
        ("protocol starter -o dangling/o.tex", "dangling/o-figures is no folder"),
    ],
)
def test_what_would_be_lost_is_kept(run, typed, right, folder):
    """A list, an input, and what lies where figures should: refused in one sentence, and all is as it was."""
    for name in ("taken", "dangling"):
        (folder / name).mkdir()
    (folder / "taken" / "o-figures").write_text("mine", encoding="utf-8")
    (folder / "dangling" / "o-figures").symlink_to("nowhere")
    files = [one for one in folder.rglob("*") if one.is_file()]
    before = {one: one.read_bytes() for one in files}
    ran = ends(run, typed, 2)
    assert right in ran.err.splitlines()[-1]
    assert {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()} == before


def test_python_gives_plain_numbers():
    """A number is one that JSON takes, and a measure of somebody's own is pooled under its name."""
    assert json.loads(json.dumps(OneProportion(null=0.1, expected=0.3).power(30))) == pytest.approx(0.8405, abs=1e-4)
    given = {"labels": ("a", "b"), "values": (0.1, 0.2), "variances": (0.1, 0.1), "sizes": (9, 9)}
    assert pool(Effects(measure="log odds ratio", **given)).estimate == pytest.approx(0.15)
