"""An answer that cannot be told is one sentence and exit code 2, on every verb."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASKED = {
    "size": "size two-proportions --control 0.3 --treatment 0.5",
    "power": "power two-proportions --control 0.3 --treatment 0.5 --n 186 --json",
    "effect": "effect two-means --sd 1 --n 128",
    "scenarios": "scenarios two-proportions --control 0.3 --vary treatment=0.5,0.6",
    "tornado": "tornado two-proportions --control 0.3 --treatment 0.5 --vary control=0.2,0.4",
    "exclude": "exclude two-proportions --control 0.3 --treatment 0.5 --n 100,200",
    "reestimate": "reestimate two-means --difference 0.5 --sd 1 --blinded-sd 1.2/40",
    "compare": "compare two-means --difference 0.5 --sd 1",
    "verify": "verify two-proportions --control 0.3 --treatment 0.5 --trials 100",
    "monitor": "monitor two-proportions --control 0.3 --treatment 0.5 --looks 0.5,1 --z 1",
    "evidence": "evidence msc-lupus-nephritis",
    "designs": "designs two-proportions",
    "assurance": "assurance msc-lupus-nephritis",
    "protocol": "protocol msc-lupus-nephritis",
    "check": "check {protocol}",
    "diff": "diff msc-lupus-nephritis msc-lupus-nephritis-monitored",
    "facts": "facts starter",
    "elicit": "elicit {sheet}",
    "reproduce": "reproduce etanercept-psoriasis",
    "code": "code two-means --difference 0.5 --sd 1 --language r",
    "randomise": "randomise --arms a,b --n 8 --seed 1",
    "recruit": "recruit two-proportions --control 0.1 --treatment 0.3 --sites 20 --patients-per-year 5",
    "duration": "duration --sites 20 --patients-per-year 5 --n 120",
    "explore": "explore --no-browser",
    "schema": "schema",
    "init": "init",
    "demo": "demo",
    "--help": "--help",
    "refused": "size two-proportions --control 60",
}


def told(words, where, cwd):
    shell = f'"$0" -m trialplan {words} {where}'
    seen = subprocess.run(["sh", "-c", shell, sys.executable], capture_output=True, text=True, cwd=cwd, timeout=120)
    lines = seen.stderr.splitlines(keepends=True)
    seen.stderr = "".join(line for line in lines if not line.startswith("trialplan: at work: "))  # on a slow machine
    return seen


def test_every_verb_is_asked():
    """A new one joins the list."""
    from trialplan.cli import VERBS

    assert set(VERBS) <= set(ASKED)


@pytest.fixture(scope="session")
def protocol(tmp_path_factory):
    """A finished document."""
    folder = tmp_path_factory.mktemp("streams")
    assert told("protocol cerebral-vasospasm -o protocol.md", "", folder).returncode == 0
    return folder / "protocol.md"


QUICK = ("size", "scenarios", "evidence", "randomise", "schema", "--help", "refused")
EVERY = [pytest.param(verb, marks=[] if verb in QUICK else pytest.mark.sweep) for verb in ASKED]


@pytest.mark.parametrize("verb", EVERY)
@pytest.mark.parametrize(("where", "reason"), [("> /dev/full", "no space left on device"), (">&-", "is closed")])
def test_standard_output_that_takes_nothing(verb, where, reason, tmp_path, request):
    """Full, or closed."""
    words = ASKED[verb].replace("{sheet}", "sheet.md")
    (tmp_path / "sheet.md").write_text("Name: Ada\n\n| 5 % | 0.1 |\n| 50 % | 0.2 |\n| 95 % | 0.4 |\n")
    if "{protocol}" in words:
        words = words.format(protocol=request.getfixturevalue("protocol"))
    seen = told(words, where, tmp_path)
    assert seen.returncode == 2
    assert seen.stderr.startswith("trialplan: ")
    assert seen.stderr.count("\n") == 1
    assert reason in seen.stderr or verb == "refused"


@pytest.mark.parametrize("where", ["2> /dev/full", "2>&-"])
def test_standard_error_that_takes_nothing(where, tmp_path):
    """The exit code still says it, and the sentence does not stray into the answer."""
    seen = told(ASKED["refused"], where, tmp_path)
    assert (seen.returncode, seen.stdout) == (2, "")
    assert told(ASKED["size"], where, tmp_path).returncode == 0
