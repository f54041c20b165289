"""What is imported, which is what a start-up costs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "rich")
PYDANTIC = (*HEAVY, "pydantic")

# Runs every command line of stdin through main and prints, for each, its exit code and the heavy modules that it
# asked for. A heavy module is refused, so that the first command line to want it does not hide the next.
RUNNER = """
import contextlib, io, json, sys

heavy, lines = json.load(sys.stdin)
asked = []

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in heavy:
            asked.append(name)
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
from trialplan.cli import main

found = {}
for name, args in lines.items():
    asked.clear()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(args)
        except Exception as bug:
            code = repr(bug)
    found[name] = [code, list(asked)]
print(json.dumps(found))
"""

ANSWER = """
import sys
from trialplan.cli import main
main(sys.argv[1:])
print(*(name for name in sys.modules if name.startswith("scipy.")), file=sys.stderr)
"""


def asked_for(lines, heavy=HEAVY, cwd=None):
    """For each command line its exit code and the heavy modules that it asked for."""
    command = [sys.executable, "-c", RUNNER]
    given = json.dumps([heavy, lines])
    ran = subprocess.run(command, input=given, capture_output=True, text=True, check=True, cwd=cwd)
    return json.loads(ran.stdout)


class TestHelp:
    """What is shown without computing."""

    @pytest.mark.parametrize(
        "line",
        [
            ["--help"],
            ["--version"],
            [],
            ["size", "--help"],
            ["size", "two-proportions", "--help"],
            ["scenarios", "two-means", "--help"],
            ["protocol", "--help"],
            ["designs"],
        ],
        ids=" ".join,
    )
    def test_imports_nothing_heavy(self, line):
        """Help, version and the list of designs import neither numpy nor scipy, nor rich and pydantic."""
        assert asked_for({"line": line}, PYDANTIC) == {"line": [0, []]}


class TestErrors:
    """What is refused."""

    def test_import_nothing_heavy(self, workshop, wrong_inputs):
        """No wrong input imports numpy, scipy or rich."""
        lines = {name: list(typed) for name, (typed, _) in wrong_inputs.items()}
        found = asked_for(lines, cwd=workshop)
        assert {name: new for name, (_, new) in found.items() if new} == {}
        assert {code for code, _ in found.values()} == {2}

    def test_about_options_need_no_pydantic(self, workshop, wrong_inputs):
        """Pydantic is imported for plans and evidence tables only."""
        files = ("evidence", "protocol", "plan", "init", "demo")
        lines = {name: list(typed) for name, (typed, _) in wrong_inputs.items() if typed[0] not in files}
        lines.pop("vary-missing-plan")
        assert {name: new for name, (_, new) in asked_for(lines, PYDANTIC, cwd=workshop).items() if new} == {}


RATES = "two-proportions --control 0.3"
BY_NORMAL_THEORY = (
    *(f"size {RATES} --treatment 0.5", f"size {RATES} --treatment 0.5 --dropout 0.1 --json"),
    *(f"power {RATES} --treatment 0.5 --n 186", f"effect {RATES} --n 186"),
    *(f"size {RATES} --treatment 0.5 --test {test}" for test in ("wald", "continuity-corrected", "arcsine")),
    f"size {RATES} --treatment 0.5 --test log-odds --scale odds-ratio",
    *(
        f"size {RATES} --treatment 0.3 --goal {goal} --scale {scale} --margin {margin}"
        for goal in ("non-inferiority", "equivalence")
        for scale, margin in (("difference", 0.1), ("ratio", 0.7), ("odds-ratio", 0.6))
    ),
    "size two-means --difference 0.5 --sd 1 --test z --allocation 2:1",
    "power two-means --difference 0.5 --sd 1 --sd-treatment 2 --test z --n 90",
    "effect two-means --sd 1 --test z --n 90",
    "size one-proportion --null 0.2 --expected 0.4 --test score",
    "power one-proportion --null 0.2 --expected 0.4 --test score --n 50",
    *(f"size precision-proportion --expected 0.3 --width 0.2 --interval {name}" for name in ("wald", "wilson")),
    "size precision-difference --control 0.3 --treatment 0.5 --width 0.3 --interval wald",
    "size precision-difference --control 0.3 --treatment 0.5 --width 0.3 --interval newcombe",
    "size adverse-event --rate 0.01",
)


class TestAnswers:
    """What is computed."""

    def test_by_normal_theory_need_no_numpy(self):
        """Nor scipy: every scalar answer of a normal-theory design, as a whole command."""
        lines = {line: line.split() for line in BY_NORMAL_THEORY}
        assert asked_for(lines) == {line: [0, []] for line in lines}

    def test_pay_for_scipy_special_only(self):
        """A first t test imports scipy.special and none of scipy's statistics, optimisers or integrators."""
        line = ["size", "two-means", "--difference", "0.5", "--sd", "1"]
        command = [sys.executable, "-c", ANSWER, *line]
        imported = subprocess.run(command, capture_output=True, text=True, check=True).stderr.split()
        assert "scipy.special" in imported
        assert not {"scipy.stats", "scipy.optimize", "scipy.integrate"} & set(imported)
