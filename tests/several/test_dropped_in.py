"""A new wrapper is one file: dropped into `several/` of a copy of the house, plans can name it and every verb knows it.

Run with TRIALPLAN_SEED=… to see the names of another draw; the seed stands in the report of a failure.
"""

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from preloaded import Preloaded

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("TRIALPLAN_SEED") or random.SystemRandom().randrange(10**6))
CLASSES = {"JointlyShown": "jointly-shown", "EveryEnd": "every-end", "NoneMissed": "none-missed"}
FIELDS = ("kinship", "togetherness", "dependence")

WRAPPER = '''"""Endpoints that must all be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.numerics.multinormal import multivariate_cdf
from trialplan.parameter import Numbers
from trialplan.several._family import Family
from trialplan.several._fields import correlation


@dataclass(frozen=True, kw_only=True)
class {name}(Family):
    """Is each of the endpoints shown?"""

    {field}: Numbers | tuple[float, ...] = correlation("how alike the outcomes of one participant are")

    def success(self, n: Numbers) -> Numbers:
        """All of them."""
        return multivariate_cdf(self.scores(n), self.correlations)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """The least, and whether all reject."""
        statistics, shown = self.analyse_each(data, fraction)
        return statistics.min(axis=-1), shown.all(axis=-1)
'''

PLAN = """
[trial]
title = "A trial that must show two things"
version = "1"
population = "Adults"
intervention = "The new treatment"
control = "The usual one"
blinding = "Double-blind"
allocation = "1:1"

[estimand]
treatment = "New against usual"
population = "Adults"
variable = "Response, and change of the score"
summary = "Difference in proportions, and of means"

[[estimand.intercurrent]]
event = "Rescue treatment"
strategy = "treatment policy"
planning = "no change"

[evidence]
table = "cerebral-vasospasm"

[target_difference]
value = 0.2
basis = "realistic"
source = "ours: it would change practice"

[family]
rule = "{slug}"
{field} = 0.3
source = "ours: responders score lower"
why = "neither alone would convince"

[[endpoint]]
name = "response at week 12"
role = "primary"
variable = "response"
metric = "yes or no"
aggregation = "proportion responding"
timepoint = "at week 12"
definition = "Half of the signs gone"
design = "two-proportions"
power = 0.8
missing = "non-response"

[endpoint.settings]
{level}

[endpoint.assumptions.control]
value = 0.3
source = "ours: what the clinic sees"

[endpoint.assumptions.treatment]
value = 0.5
source = "ours: what patients ask for"

[[endpoint]]
name = "pain score"
role = "primary"
variable = "pain"
metric = "change from baseline"
aggregation = "mean"
timepoint = "at week 12"
definition = "Visual analogue scale"
design = "two-means"
power = 0.8
missing = "excluded"
dropout = 0.1
dropout_source = "ours"

[endpoint.settings]
favourable = "lower"

[endpoint.assumptions.difference]
value = -0.6
source = "ours: the least that patients notice"

[endpoint.assumptions.sd]
value = 1.5
source = "ours: from the clinic"
"""


class House:
    """A copy of the package with a wrapper dropped in, and a plan that names it."""

    def __init__(self, root):
        rng = random.Random(SEED)
        self.root, self.field = root, rng.choice(FIELDS)
        self.name, self.slug = rng.choice(list(CLASSES.items()))
        for room in ("trialplan", "templates", "examples"):
            shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
        file = root / "trialplan" / "several" / f"{rng.choice(('novel', 'fresh'))}_rule.py"
        file.write_text(WRAPPER.format(name=self.name, field=self.field), encoding="utf-8")
        self.plan = self.written("plan.toml")
        self.program = Preloaded(root)

    def written(self, name, level=""):
        path = self.root / name
        path.write_text(PLAN.format(slug=self.slug, field=self.field, level=level), encoding="utf-8")
        return path

    def python(self, *words):
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": ""},
            capture_output=True,
            text=True,
            timeout=600,
        )

    def command(self, *words):
        """What a real command leaves behind."""
        return self.program.run(*map(str, words), folder=self.root)

    def run(self, *words):
        """A real command, which must succeed in silence."""
        ran = self.command(*words)
        told = [line for line in ran.stderr.splitlines() if not line.startswith("trialplan: at work: ")]
        assert (ran.returncode, told) == (0, []), (SEED, words, ran.stdout[-2000:], ran.stderr)
        return ran.stdout

    def refused(self, *words):
        """The one sentence with which a command refuses."""
        ran = self.command(*words)
        assert ran.returncode == 2, (SEED, words, ran.returncode, ran.stdout[-2000:], ran.stderr)
        told = [line for line in ran.stderr.splitlines() if not line.startswith("trialplan: at work: ")]
        assert len(told) == 1, (SEED, ran.stderr)
        return ran.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"))
    with contextlib.closing(made.program):
        yield made


@pytest.fixture(scope="module")
def documents(house):
    """The plan's protocol in two formats, by their suffix."""
    paths = {suffix: house.root / f"protocol.{suffix}" for suffix in ("md", "docx")}
    house.run("protocol", house.plan, *(word for path in paths.values() for word in ("-o", path)))
    return paths


class TestPython:
    def test_its_name_and_its_level(self, house):
        """Public by its class name; a level given to the whole reaches both members, and another one is refused."""
        program = f"""
import trialplan
from trialplan import TwoMeans, TwoProportions, {house.name}, catalogue
assert catalogue.wrappers()[{house.slug!r}] is {house.name}, catalogue.wrappers()
assert {house.name!r} in dir(trialplan)
rate, mean = dict(control=0.3, treatment=0.5), dict(difference=-0.6, sd=1.5, favourable="lower")
both = {house.name}(members=(TwoProportions(**rate), TwoMeans(**mean)), {house.field}=0.3)
assert [one.alpha for one in both.replace(alpha=0.01).members] == [0.01, 0.01]
assert [one.allocation for one in both.replace(allocation="2:1").members] == ["2:1", "2:1"]
assert both.replace(control_1=0.25).members[0].control == 0.25
try:
    {house.name}(members=(TwoProportions(**rate, alpha=0.01), TwoMeans(**mean)))
except trialplan.TrialplanError as why:
    assert "0.01" in str(why) and "0.05" in str(why), why
else:
    raise SystemExit("another level was not refused")
"""
        ran = house.python("-c", program)
        assert (ran.returncode, ran.stderr) == (0, ""), (SEED, ran.stderr)


class TestPlan:
    def test_sized_and_verified(self, house):
        """n is that of the rule, and drawn participants show what it claims; the power of each member is higher."""
        found = json.loads(house.run("verify", house.plan, "--trials", "4000", "--json"))
        whole, *others = found["endpoints"]
        assert found["ok"], found
        assert whole["design"] == house.slug
        assert whole["claimed"] >= 0.8
        assert abs(whole["claimed"] - whole["simulated"]) < 4 * whole["standard_error"]
        assert whole["losses"]["n"] > whole["n"]
        assert [one["endpoint"] for one in others] == ["response at week 12", "pain score"]
        assert all(one["claimed"] > whole["claimed"] for one in others)

    def test_varied(self, house):
        """A member's number by its place, and the rule's own."""
        vary = ["--vary", "control_1=0.25,0.3", "--vary", f"{house.field}=0,0.3,0.6"]
        found = json.loads(house.run("scenarios", house.plan, *vary, "--json"))
        assert found["design"] == house.slug
        asked = [one["n"] for one in found["rows"]]
        assert len(asked) == 6
        assert asked[0] <= asked[3]
        house.run("scenarios", house.plan, *vary, "-o", house.root / "varied.svg")
        assert "treatment_1" in house.refused("scenarios", house.plan, "--vary", "treatmen_1=0.5,0.6")

    @pytest.mark.parametrize("suffix", ["md", pytest.param("docx", marks=pytest.mark.sweep)])
    def test_rendered_and_checked(self, house, documents, suffix):
        """The document holds both endpoints, and agrees with what its plan gives."""
        document = documents[suffix]
        assert "says what its plan gives" in house.run("check", document)
        if suffix == "docx":
            with zipfile.ZipFile(document) as held:
                text = held.read("word/document.xml").decode()
        else:
            text = document.read_text(encoding="utf-8")
        for words in ("response at week 12", "pain score", "ours: responders score lower", "full level"):
            assert words in text, (SEED, words)

    def test_a_change_is_found(self, house, documents):
        text = documents["md"].read_text(encoding="utf-8")
        document = house.root / "changed.md"
        document.write_text(text.replace("at the full level", "at half the level", 1), encoding="utf-8")
        assert house.command("check", document).returncode == 1

    def test_what_it_cannot_do_is_one_sentence(self, house):
        """A script says that it does not recompute it; looks at it are not defined."""
        assert f"together by {house.slug}: no package has its power" in house.run("code", house.plan, "--language", "r")
        looked = house.root / "looked.toml"
        looked.write_text(house.plan.read_text(encoding="utf-8") + "\n[monitoring]\nlooks = [0.5, 1]\n")
        assert house.slug in house.refused("protocol", looked, "-o", house.root / "looked.md")

    def test_another_level_of_a_member_is_refused(self, house):
        why = house.refused("verify", house.written("levels.toml", level="alpha = 0.01"))
        assert "0.01" in why
        assert "0.05" in why

    def test_two_primaries_need_a_family(self, house):
        alone = house.root / "alone.toml"
        text = house.plan.read_text(encoding="utf-8")
        head, _, rest = text.partition("[family]")
        alone.write_text(head + rest[rest.index("[[endpoint]]") :], encoding="utf-8")
        assert "[family]" in house.refused("verify", alone)

    def test_plans_are_not_compared(self, house):
        assert house.slug in house.refused("diff", house.plan, house.plan)
