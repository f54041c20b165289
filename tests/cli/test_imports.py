"""What is imported, which is what a start-up costs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "rich")
PYDANTIC = (*HEAVY, "pydantic")

# Runs every command line of stdin through main and prints, for each, the heavy modules that are then imported.
RUNNER = """
import contextlib, io, json, sys
from trialplan.cli import main
heavy, lines, seen = json.load(sys.stdin)
found = {}
for name, args in lines.items():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(args)
        except Exception as bug:
            code = repr(bug)
    new = [module for module in heavy if module in sys.modules and module not in seen]
    seen += new
    found[name] = [code, new]
print(json.dumps(found))
"""


def imported(lines, heavy=HEAVY, cwd=None):
    """For each command line its exit code and the heavy modules that it was the first to import."""
    ran = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps([heavy, lines, []]),
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
    )
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
        assert imported({"line": line}, PYDANTIC) == {"line": [0, []]}


class TestErrors:
    """What is refused."""

    def test_import_nothing_heavy(self, workshop, wrong_inputs):
        """No wrong input imports numpy, scipy or rich."""
        lines = {name: list(typed) for name, (typed, _) in wrong_inputs.items()}
        found = imported(lines, cwd=workshop)
        assert {name: new for name, (_, new) in found.items() if new} == {}
        assert {code for code, _ in found.values()} == {2}

    def test_about_options_need_no_pydantic(self, workshop, wrong_inputs):
        """Pydantic is imported for plans and evidence tables only."""
        files = ("evidence", "protocol", "plan", "init", "demo")
        lines = {name: list(typed) for name, (typed, _) in wrong_inputs.items() if typed[0] not in files}
        lines.pop("vary-missing-plan")
        assert {name: new for name, (_, new) in imported(lines, PYDANTIC, cwd=workshop).items() if new} == {}


class TestAnswers:
    """What is computed."""

    def test_pay_for_scipy_special_only(self):
        """A first answer imports scipy.special and none of scipy's statistics, optimisers or integrators."""
        line = ["size", "two-proportions", "--control", "0.3", "--treatment", "0.5"]
        heavy = ("scipy.special", "scipy.stats", "scipy.optimize", "scipy.integrate", "rich", "pydantic")
        assert imported({"line": line}, heavy) == {"line": [0, ["scipy.special"]]}
