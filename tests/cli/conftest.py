"""The command line run in-process, and the wrong inputs that a new user tries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from trialplan.cli import main

RATES = ("--control", "0.3", "--treatment", "0.5")
SIZE = ("size", "two-proportions")
MEANS = ("size", "two-means", "--difference", "0.5", "--sd", "1")
NON_INFERIOR = (*SIZE, "--control", "0.6", "--treatment", "0.58", "--goal", "non-inferiority")
GRID = ("scenarios", "two-proportions", "--control", "0.3")

# what is typed, and a word of the way out
WRONG = {
    "rate-of-60": ((*SIZE, "--control", "60", "--treatment", "0.7"), "60 % as 0.6"),
    "rate-of-60-percent": ((*SIZE, "--control", "60%", "--treatment", "0.7"), "60 % as 0.6"),
    "rate-of-events-of-60-percent": (
        ("size", "event-counts", "--control-rate", "60%", "--rate-ratio", "0.5"),
        "60 % as 0.6",
    ),
    "alpha-of-5": ((*SIZE, *RATES, "--alpha", "5"), "5 % as 0.05"),
    "alpha-of-5-percent": ((*SIZE, *RATES, "--alpha", "5%"), "5 % as 0.05"),
    "dropout-of-15-percent": ((*SIZE, *RATES, "--dropout", "15%"), "15 % as 0.15"),
    "looks-in-percent": ((*SIZE, *RATES, "--looks", "50%,100%"), "50 % as 0.5"),
    "vary-in-percent": ((*GRID, "--vary", "treatment=40%:60%:0.1"), "40 % as 0.4"),
    "reproduced-dropout-of-10-percent": (
        ("reproduce", "two-proportions", *RATES, "--power", "0.8", "--n", "186", "--dropout", "10%"),
        "10 % as 0.1",
    ),
    "rate-of-0": ((*SIZE, "--control", "0", "--treatment", "0.7", "--test", "wald"), "score"),
    "rate-in-words": ((*SIZE, "--control", "low", "--treatment", "0.7"), "--control must be a number"),
    "rate-with-decimal-comma": ((*SIZE, "--control", "0,3", "--treatment", "0.7"), "0.3"),
    "rate-nan": ((*SIZE, "--control", "nan", "--treatment", "0.7"), "[0, 1]"),
    "equal-rates": ((*SIZE, "--control", "0.5", "--treatment", "0.5"), "must lie above"),
    "worse-treatment": ((*SIZE, "--control", "0.5", "--treatment", "0.3"), "--favourable to lower"),
    "equal-rates-with-looks": ((*SIZE, "--control", "0.5", "--treatment", "0.5", "--looks", "0.5,1"), "above"),
    "negative-sd": (("size", "two-means", "--difference", "0.5", "--sd", "-1"), "--sd must lie in (0, ∞)"),
    "infinite-sd": (("size", "two-means", "--difference", "0.5", "--sd", "inf"), "--sd must lie in (0, ∞)"),
    "a-number-of-400-digits": (("size", "two-means", "--difference", "1" + "0" * 400, "--sd", "1"), "finite"),
    "sd-treatment-with-t": ((*MEANS, "--sd-treatment", "2"), "welch"),
    "correlation-of-1": (("size", "ancova", "--difference", "1", "--sd", "1", "--correlation", "1"), "(-1, 1)"),
    "ancova-without-effect": (("size", "ancova", "--sd", "1", "--correlation", "0.5"), "needs --difference"),
    "ancova-worse-ratio": (
        (
            *("size", "ancova", "--scale", "ratio", "--ratio", "0.7", "--sd", "1", "--correlation", "0.5"),
            *("--goal", "non-inferiority", "--margin", "0.8"),
        ),
        "must lie above",
    ),
    "unknown-verb": (("sise",), "'size'"),
    "unknown-design": (("size", "two-proportion"), "'two-proportions'"),
    "no-design": (("size",), "two-proportions"),
    "option-twice": ((*SIZE, *RATES, "--control", "0.2"), "--control is given twice"),
    "option-twice-with-equals": ((*SIZE, "--control=0.3", "--treatment", "0.5", "--control=0.2"), "keep one"),
    "unknown-option": ((*SIZE, "--cotrol", "0.3"), "'--control'"),
    "missing-options": (SIZE, "--control and --treatment"),
    "option-without-value": ((*SIZE, "--control"), "needs a value"),
    "number-without-option": ((*SIZE, *RATES, "0.8"), "option"),
    "test-misspelt": ((*SIZE, *RATES, "--test", "scroe"), "'score'"),
    "test-of-another-goal": ((*NON_INFERIOR, "--margin", "0.05", "--test", "arcsine"), "wald"),
    "goal-misspelt": ((*SIZE, *RATES, "--goal", "superority"), "'superiority'"),
    "margin-missing": (NON_INFERIOR, "--margin is needed"),
    "margin-negative": ((*NON_INFERIOR, "--margin", "-0.1"), "(0, 1), not -0.1: it is the amount"),
    "margin-beyond-all-rates": ((*NON_INFERIOR, "--margin", "1.5"), "(0, 1), not 1.5"),
    "margin-of-a-ratio-on-the-wrong-side": (
        (*NON_INFERIOR, "--scale", "ratio", "--margin", "2"),
        "as in 0.5, or set --goal to superiority or --favourable to lower",
    ),
    "margin-not-reached": ((*SIZE, *RATES, "--margin", "0.25"), "must lie above its limit 0.55"),
    "margin-reversed": ((*SIZE, *RATES, "--goal", "equivalence", "--margin", "0.1,-0.1"), "lower first"),
    "allocation-of-2": ((*SIZE, *RATES, "--allocation", "2"), "2:1"),
    "allocation-of-0": ((*SIZE, *RATES, "--allocation", "0:1"), "2:1"),
    "option-twice-in-check": (("check", "a.md", "--patience", "9", "--patience", "8"), "--patience is given twice"),
    "option-twice-in-code": (
        ("code", "starter", "--language", "r", "--language", "python"),
        "--language is given twice",
    ),
    "option-twice-in-reproduce": (
        ("reproduce", "two-proportions", "--n", "186", "--n", "188"),
        "--n is given twice",
    ),
    "power-of-80": ((*SIZE, *RATES, "--power", "80"), "80 % as 0.8"),
    "power-of-80-percent": ((*SIZE, *RATES, "--power", "80%"), "80 % as 0.8"),
    "power-below-level": ((*SIZE, *RATES, "--power", "0.01"), "0.8 and 0.9"),
    "dropout-of-15": ((*SIZE, *RATES, "--dropout", "15"), "15 % as 0.15"),
    "dropout-of-1": ((*SIZE, *RATES, "--dropout", "1"), "[0, 1)"),
    "alpha-of-0": ((*SIZE, *RATES, "--alpha", "0"), "(0, 1)"),
    "three-sides": ((*SIZE, *RATES, "--sides", "3"), "1, 2"),
    "looks-too-many": ((*SIZE, *RATES, "--looks", "30"), "20 information fractions at most, not 30; look less"),
    "looks-of-1": ((*SIZE, *RATES, "--looks", "1"), "or the number of looks, as in 3, not 1"),
    "looks-by-0": ((*SIZE, *RATES, "--looks", "1/0,1"), "1/3,2/3,1"),
    "futility-misnamed": ((*SIZE, *RATES, "--looks", "0.5,1", "--futility", "foo"), "predictive-power, effect\n"),
    "stages-misnamed": (
        ("size", "two-stage", "--null", "0.1", "--expected", "0.3", "--stages", "foo"),
        "as in 1/10,5/29, not foo",
    ),
    "looks-reversed": ((*SIZE, *RATES, "--looks", "1,0.5"), "0.5,1"),
    "looks-over-fisher": ((*SIZE, *RATES, "--test", "fisher", "--looks", "0.5,1"), "such as score"),
    "efficacy-without-looks": ((*SIZE, *RATES, "--efficacy", "pocock"), "--looks 0.5,1"),
    "efficacy-misspelt": ((*SIZE, *RATES, "--looks", "0.5,1", "--efficacy", "obrian"), "'obrien-fleming'"),
    "n-odd": (("power", "two-proportions", *RATES, "--n", "93"), "92 or 94"),
    "n-zero": (("power", "two-proportions", *RATES, "--n", "0"), "try 2"),
    "n-fraction": (("power", "two-proportions", *RATES, "--n", "93.5"), "whole number"),
    "n-missing": (("power", "two-proportions", *RATES), "--n 120"),
    "compare-without-test": (("compare", "adverse-event", "--rate", "0.1"), "trialplan size adverse-event"),
    "effect-given": (("effect", "two-proportions", *RATES, "--n", "186"), "--treatment"),
    "effect-of-equivalence": (
        ("effect", "two-proportions", "--control", "0.3", "--goal", "equivalence", "--margin", "0.1", "--n", "100"),
        "ask for its power",
    ),
    "vary-missing": (GRID, "--vary treatment"),
    "vary-missing-of-a-table": (("scenarios", "contingency-table", "--rows", "0.2,0.8/0.4,0.6"), "--vary realised=0.7"),
    "picture-of-a-width": (("size", "precision-icc", "--icc", "0.4", "--width", "0.1", "-o", "a.svg"), "be a picture"),
    "profile-short-of-1": (
        ("size", "dose-trend", "--control", "0.1", "--difference", "0.2", "--doses", "0,1,2", "--profile", "0.5,0.4"),
        "must end with 1",
    ),
    "vary-misspelt": ((*GRID, "--vary", "treatmnt=0.4,0.5"), "'treatment'"),
    "vary-without-values": ((*GRID, "--vary", "treatment"), "name=first:last:step"),
    "vary-empty-value": ((*GRID, "--vary", "treatment=0.4,,0.5"), "first:last:step or value,value"),
    "vary-in-words": ((*GRID, "--vary", "treatment=low:high:0.1"), "first:last:step"),
    "vary-step-of-0": ((*GRID, "--vary", "treatment=0.4:0.5:0"), "step above 0"),
    "vary-reversed": ((*GRID, "--vary", "treatment=0.5:0.4:0.1"), "0.4:0.5:0.1"),
    "vary-out-of-domain": ((*GRID, "--vary", "treatment=40:60:10"), "40 % as 0.4"),
    "vary-huge": ((*GRID, "--vary", "treatment=0.4:0.5:0.00000001"), "larger step"),
    "vary-huge-product": (
        ("scenarios", "two-proportions", "--vary", "control=0.1:0.9:0.0001", "--vary", "treatment=0.1:0.9:0.0001"),
        "larger steps",
    ),
    "vary-impossible-everywhere": (
        (*GRID[:2], "--treatment", "0.5", "--test", "wald", "--vary", "control=0,1"),
        "(0, 1) for test wald, not 0",
    ),
    "vary-twice": ((*GRID, "--vary", "treatment=0.4", "--vary", "treatment=0.5"), "one --vary"),
    "vary-what-is-given": ((*GRID, "--treatment", "0.5", "--vary", "treatment=0.4,0.5"), "keep one"),
    "vary-with-power-and-n": ((*GRID, "--vary", "treatment=0.5", "--power", "0.8", "--n", "100"), "keep one"),
    "vary-power-of-80": ((*GRID, "--vary", "treatment=0.5", "--power", "80"), "80 % as 0.8"),
    "vary-n-odd": ((*GRID, "--vary", "treatment=0.5,0.6", "--n", "93"), "92 or 94"),
    "vary-unknown-plan": (("scenarios", "msc-lupus", "--vary", "control=0.2,0.3"), "'msc-lupus-nephritis'"),
    "vary-missing-plan": (("scenarios", "absent.toml", "--vary", "control=0.2,0.3"), "absent.toml"),
    "unknown-design-in-detail": (("designs", "ancovar"), "'ancova'"),
    "evidence-missing": (("evidence", "absent.toml"), "absent.toml"),
    "evidence-misspelt": (("evidence", "msc-lupus-nefritis"), "'msc-lupus-nephritis'"),
    "evidence-not-toml": (("evidence", "broken.toml"), "not valid TOML"),
    "evidence-unknown-suffix": (("evidence", "notes.docx"), ".csv"),
    "evidence-without-column": (("evidence", "columns.csv"), "columns.csv"),
    "evidence-interval": (("evidence", "msc-lupus-nephritis", "--interval", "wilsen"), "'wilson'"),
    "evidence-unnamed": (("evidence",), "TABLE"),
    "plan-missing": (("protocol", "absent.toml", "-o", "a.md"), "absent.toml"),
    "plan-not-toml": (("protocol", "broken.toml", "-o", "a.md"), "not valid TOML"),
    "plan-unknown-key": (("protocol", "typo.toml", "-o", "a.md"), "'trial'"),
    "plan-unknown-suffix": (("protocol", "msc-lupus-nephritis", "-o", "a.odt"), ".docx"),
    "plan-output-in-no-folder": (("protocol", "msc-lupus-nephritis", "-o", "absent/a.md"), "does not exist"),
    "output-is-a-folder": ((*SIZE, *RATES, "-o", "folder.json"), "is a folder"),
    "output-in-no-folder": ((*SIZE, *RATES, "-o", "absent/a.json"), "does not exist"),
    "output-ends-as-a-folder": ((*SIZE, *RATES, "-o", "a.json/"), "without / at its end"),
    "output-empty": ((*SIZE, *RATES, "-o", ""), "-o is empty; name a file"),
    "demo-empty": (("demo", "-o", ""), "-o is empty; name a folder"),
    "init-empty": (("init", ""), "the path is empty; name a file"),
    "arm-is-a-formula": (("randomise", "--arms", "=1+1,c", "--n", "8"), "--arms cannot be called '=1+1'"),
    "level-is-a-formula": (
        ("randomise", "--arms", "a,c", "--n", "8", "--stratum", "site=@x,B"),
        "a spreadsheet takes '@x' for a formula; begin with a letter",
    ),
    "scheduler-without-a-port": (("verify", *MEANS[1:], "--scheduler", "foo"), "--scheduler must be the address"),
    "scheduler-of-the-web": (("verify", *MEANS[1:], "--scheduler", "http://a:80"), "as in tcp://10.0.0.1:8786"),
    "scheduler-beyond-all-ports": (("verify", *MEANS[1:], "--scheduler", "a:99999"), "not 'a:99999'"),
    "output-unknown-suffix": ((*SIZE, *RATES, "-o", "a.xlsx"), ".csv"),
    "output-without-suffix": ((*SIZE, *RATES, "-o", "answer"), ".csv"),
    "init-over-a-file": (("init", "typo.toml"), "--force"),
    "init-in-no-folder": (("init", "absent/plan.toml"), "does not exist"),
    "demo-over-a-file": (("demo", "--output", "typo.toml"), "another output"),
    "schema-unknown-suffix": (("schema", "-o", "schema.yaml"), ".json"),
}

FILES = {
    "broken.toml": "[trial\n",
    "typo.toml": "[trail]\ntitle = 'x'\n",
    "notes.txt": "no table\n",
    "notes.docx": "no table\n",
    "statements.csv": "design,control,treatment,power,n\ntwo-proportions,0.3,0.5,0.8,186\n",
    "columns.csv": "outcome,events,of\nremission,3,10\n",
}


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Run a command line in this process."""

    def call(*args: str) -> Ran:
        code = main(list(args))
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session", autouse=True)
def protocols_in_time(shipped_once):
    """Commands that write a shipped plan's protocol compute what it says once."""


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that holds the files which wrong inputs and examples name."""
    (tmp_path / "folder.json").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def wrong_inputs() -> dict[str, tuple[tuple[str, ...], str]]:
    """All wrong inputs, by name."""
    return WRONG


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that takes `typed` and `way_out` is put to each wrong input."""
    if {"typed", "way_out"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("typed", "way_out"), WRONG.values(), ids=WRONG)
