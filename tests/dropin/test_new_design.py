"""A new design is one file: dropped into a copy of the house, every verb, document, check and test knows it.

Run with TRIALPLAN_SEED=… to see the names of another draw; the seed stands in the report of a failure.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import os
import random
import re
import shlex
import sys
import zipfile
from pathlib import Path

import pytest
from preloaded import Preloaded


def _beside(name):
    """A helper module beside this file."""
    spec = importlib.util.spec_from_file_location(f"tests_dropin_{name}", Path(__file__).with_name(f"{name}.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


house, newcomers = _beside("house"), _beside("newcomers")

SEED = int(os.environ.get("TRIALPLAN_SEED") or random.SystemRandom().randrange(10**6))

VERBS = ("size", "power", "effect", "scenarios", "compare", "verify", "monitor", "reproduce", "code")
"""Those that are followed by a design."""

PLAN = """
[trial]
title = "A trial of something else"
version = "1"
population = "Adults"
intervention = "The new treatment"
control = "The usual one"
blinding = "Double-blind"
allocation = "1:1"

[evidence]
table = "evidence.toml"

[estimand]
treatment = "New against usual"
population = "Adults"
variable = "What is measured"
summary = "{summary}"

[[estimand.intercurrent]]
event = "Rescue treatment"
strategy = "treatment policy"
planning = "no change"

[target_difference]
value = {effect}
basis = "realistic"
source = "ours: it would change practice"

[[endpoint]]
name = "the main outcome"
role = "primary"
variable = "what is measured"
metric = "its value"
aggregation = "{summary}"
timepoint = "12 months after randomisation"
definition = "As the protocol defines it"
design = "{slug}"
power = 0.8
missing = "excluded"
dropout = 0.1
dropout_source = "Rossi 2014, J Trials 3:11, saw 9 %"

{settings}
{assumptions}
"""

EVIDENCE = """
[table]
title = "What was measured elsewhere"

[[study]]
key = "rossi-2014"
citation = "Rossi 2014, J Trials 3:11"
year = 2014
design = "Randomised, double blind"
blinding = "double blind"
population = "adults"
control = "placebo"
follow_up_months = 12
enrolled = 60

[[study.outcome]]
name = "score"
definition = "the score of a diary"
kind = "landmark"
arm = "treatment"
timepoint_months = 12
baseline_mean = 5.1
baseline_sd = 1.0
followup_mean = 4.1
followup_sd = 1.1
n = 30
"""

ASSUMPTION = """
[endpoint.assumptions.{name}]
value = {value}
basis = "cited"
source = "Rossi 2014, J Trials 3:11"
"""


@pytest.fixture(scope="module", params=newcomers.KINDS)
def newcomer(request):
    """A design whose names are drawn."""
    print(f"TRIALPLAN_SEED={SEED}")
    return newcomers.KINDS[request.param](random.Random(SEED))


@pytest.fixture(scope="module")
def copy(newcomer, tmp_path_factory):
    """A copy of the house with the newcomer's file, and no other edit."""
    built = house.House.built(
        tmp_path_factory.mktemp(newcomer.module), {f"trialplan/designs/{newcomer.module}.py": newcomer.text}
    )
    with contextlib.closing(Preloaded(built.root)) as program:
        yield dataclasses.replace(built, program=program)


@pytest.fixture(scope="module")
def n(copy, newcomer):
    """The participants that it asks for at power 0.8."""
    return copy.answer("size", newcomer.slug, *newcomer.options())["n"]


@pytest.fixture(scope="module")
def plan(copy, newcomer):
    """A plan that it sizes."""
    numbers = dict(newcomer.numbers)
    favourable = numbers.pop("favourable", None)
    settings = f'[endpoint.settings]\nfavourable = "{favourable}"' if favourable else ""
    text = PLAN.format(
        summary=newcomer.words.capitalize(),
        effect=newcomer.numbers[newcomer.effect],
        slug=newcomer.slug,
        settings=settings,
        assumptions="\n".join(ASSUMPTION.format(name=name, value=value) for name, value in numbers.items()),
    )
    (copy.workshop / "evidence.toml").write_text(EVIDENCE, encoding="utf-8")
    path = copy.workshop / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def protocol(copy, plan):
    """Its protocol in two formats, by their suffix."""
    ran = copy.run("protocol", str(plan), "-o", "protocol.md", "-o", "protocol.docx")
    assert (ran.code, ran.err) == (0, ""), ran
    return {suffix: copy.workshop / f"protocol{suffix}" for suffix in (".md", ".docx")}


def examples(text):
    """The example calls at the end of a help text."""
    return re.findall(r"^ +trialplan (.*)$", text.partition("Examples:\n")[2], re.MULTILINE)


def refused(ran):
    """What a refusal says: one sentence, and exit code 2."""
    assert ran.code == 2, ran
    assert ran.out == ""
    (line,) = ran.err.splitlines()
    assert line.startswith("trialplan: ")
    return line


class TestFound:
    def test_is_listed(self, copy, newcomer):
        """`designs` lists it with its question, and says what its numbers mean."""
        assert newcomer.slug in copy.shown("designs")
        shown = copy.shown("designs", newcomer.slug)
        assert f"\n{newcomer.effect} " in shown

    def test_has_a_python_name(self, copy, newcomer):
        """`from trialplan import X` finds it, and so does the list of names."""
        code = f"import trialplan; from trialplan import {newcomer.cls} as X; print(X.slug(), *trialplan.__all__)"
        ran = copy.python("-c", code)
        slug, *names = ran.out.split()
        assert (slug, ran.err) == (newcomer.slug, "")
        assert newcomer.cls in names

    def test_its_own_example_is_right(self, copy, newcomer):
        """The doctest of its file passes."""
        ran = copy.suite(f"trialplan/designs/{newcomer.module}.py")
        assert ran.code == 0, ran.out

    def test_help_has_examples(self, copy, newcomer):
        """Every verb that takes a design takes it, with an example of its own."""
        for verb in VERBS:
            text = copy.shown(verb, newcomer.slug, "--help")
            assert any(line.startswith(f"{verb} {newcomer.slug}") for line in examples(text)), text

    @pytest.mark.sweep
    def test_examples_run(self, copy, newcomer):
        """Every example in its help texts runs."""
        for verb in VERBS:
            for line in examples(copy.shown(verb, newcomer.slug, "--help")):
                ran = copy.run(*shlex.split(line))
                unknown = verb == "code" and ran.err.startswith("trialplan: not recomputed: ")  # no package has it
                assert (ran.code, unknown or ran.err == "") == (0, True), (line, ran)


class TestAnswers:
    def test_power_returns_the_target(self, copy, newcomer, n):
        """n has the power that was asked for, and a block fewer has not."""
        for total, enough in ((n, True), (n - 2, False)):
            power = copy.answer("power", newcomer.slug, *newcomer.options(), "--n", str(total))["power"]
            assert (power >= 0.8) is enough

    def test_effect_is_no_larger_than_planned(self, copy, newcomer, n):
        """The effect that n can show is the planned one or nearer to the null."""
        options = newcomer.options(newcomer.effect)
        seen = copy.answer("effect", newcomer.slug, *options, "--n", str(n))
        planned, null = newcomer.numbers[newcomer.effect], seen["null"]
        assert 0.9 < (seen["detectable"] - null) / (planned - null) <= 1

    def test_looks(self, copy, newcomer, n):
        """Looks make it a little larger, and a page shows them."""
        looked = copy.answer("size", newcomer.slug, *newcomer.options(), "--looks", "0.5,1")
        assert n <= looked["n"] <= 1.05 * n
        assert [round(look["information"], 3) for look in looked["looks"]] == [0.5, 1]
        shown = copy.shown("size", newcomer.slug, *newcomer.options(), "--looks", "0.5,1")
        assert "efficacy z" in shown

    def test_monitor(self, copy, newcomer):
        """A look told by its z stops the trial where it crosses, and goes on where it does not."""
        rule = [*newcomer.options(), "--looks", "0.5,1", "--look", "1"]
        verdicts = [copy.answer("monitor", newcomer.slug, *rule, "--z", z) for z in ("3.5", "1.0")]
        assert verdicts[0]["decision"] != verdicts[1]["decision"]
        assert copy.shown("monitor", newcomer.slug, *rule, "--z", "1.0")

    def test_scenarios_with_a_picture(self, copy, newcomer):
        """A grid of effects has n falling with the effect, and is drawn."""
        planned = newcomer.numbers[newcomer.effect]
        further = 0.75 if planned > 0.65 else 0.5
        vary = f"{newcomer.effect}={planned},{further}"
        options = newcomer.options(newcomer.effect)
        rows = copy.answer("scenarios", newcomer.slug, "--vary", vary, *options)["rows"]
        assert rows[0]["n"] > rows[1]["n"]
        ran = copy.run("scenarios", newcomer.slug, "--vary", vary, *options, "-o", "grid.svg")
        assert (ran.code, ran.err) == (0, "")
        assert "<svg" in (copy.workshop / "grid.svg").read_text(encoding="utf-8")

    def test_verify(self, copy, newcomer):
        """Simulated trials show what its formula claims."""
        found = copy.answer("verify", newcomer.slug, *newcomer.options(), "--trials", "4000")
        assert abs(found["gap"]) < 0.05
        assert found["type_one_error"] == pytest.approx(0.05, abs=0.02)

    def test_compare(self, copy, newcomer, n):
        """There is one test, and it asks for n."""
        rows = copy.answer("compare", newcomer.slug, *newcomer.options())["rows"]
        assert [row["n"] for row in rows] == [n]

    def test_reproduce(self, copy, newcomer, n):
        """A statement of its own numbers is reproduced, another n is not."""
        stated = [*newcomer.options(), "--power", "0.8", "--n"]
        assert copy.answer("reproduce", newcomer.slug, *stated, str(n))["verdict"] == "reproduced"
        assert copy.run("reproduce", newcomer.slug, *stated, str(3 * n)).code == 1

    @pytest.mark.parametrize("language", ["r", "python"])
    def test_code_says_that_it_has_no_script(self, copy, newcomer, language):
        """`code` writes a script that says what is not recomputed, and that nothing is confirmed by it."""
        ran = copy.run("code", newcomer.slug, *newcomer.options(), "--language", language)
        why = f"{newcomer.slug} is in none of the packages"
        assert ran.code == 0
        assert ran.err.startswith("trialplan: not recomputed: ")
        assert ran.err.endswith(f"{why}\n")
        assert why in ran.out
        assert "NOTHING WAS COMPARED" in ran.out


class TestPlan:
    def test_document(self, newcomer, protocol, n):
        """A plan renders with its words and none of another design's."""
        text = protocol[".md"].read_text(encoding="utf-8")
        with zipfile.ZipFile(protocol[".docx"]) as file:
            word = re.sub("<[^>]+>", "", file.read("word/document.xml").decode())
        for document in (text, word):
            assert newcomer.words in document.replace("\n", " ")
            assert f"{n:,}" in document
            for strange in ("difference of proportions", "difference in proportions", "responders", "percentage point"):
                assert strange not in document.lower(), strange

    @pytest.mark.parametrize("suffix", [".md", pytest.param(".docx", marks=pytest.mark.sweep)])
    def test_check(self, copy, protocol, suffix):
        """The document's numbers are recomputed and hold."""
        ran = copy.run("check", str(protocol[suffix]))
        assert ran.code == 0, ran

    def test_plan_is_answered_by_other_verbs(self, copy, newcomer, plan):
        """Verbs that take a plan take it."""
        vary = f"{newcomer.effect}={newcomer.numbers[newcomer.effect]}"
        for words in (
            ("scenarios", str(plan), "--vary", vary),
            ("verify", str(plan), "--trials", "2000"),
            ("diff", str(plan), str(plan)),
        ):
            ran = copy.run(*words)
            assert (ran.code, ran.err) == (0, ""), ran


class TestSuite:
    @pytest.mark.sweep
    def test_conformance(self, copy, newcomer):
        """The conformance tests draw it, over looks too, and pass."""
        ran = copy.suite("tests/conformance", "-k", newcomer.slug, "-m", "not sweep", seconds=1800)
        assert ran.code == 0, ran.out[-5000:]
        assert int(re.search(r"(\d+) passed", ran.out)[1]) > 40

    @pytest.mark.sweep
    def test_page_of_gaps(self, copy, newcomer):
        """It has rows on the page of gaps, with simulation as their witness."""
        code = (
            "import gaps\n"
            f"found = [(d, n) for d, n in gaps.points() if d.slug() == {newcomer.slug!r}]\n"
            "assert len(found) > 1\n"
            "print(gaps.written([gaps.point(d, n) for d, n in [next(gaps.points()), *found]], []))"
        )
        ran = copy.python("-c", code, folder=copy.root / "tests" / "tools")
        assert (ran.code, ran.err) == (0, ""), ran
        assert f"| {newcomer.slug} |" in ran.out

    def test_page_of_commands(self, copy, newcomer):
        """It stands in the reference of commands."""
        ran = copy.python("docs/build_commands.py", folder=copy.root)
        assert (ran.code, ran.err) == (0, ""), ran
        assert f"trialplan size {newcomer.slug}" in (copy.root / "docs" / "commands.md").read_text(encoding="utf-8")


class TestCollision:
    @pytest.mark.parametrize(
        "name",
        [
            "n",
            "look",
            *(pytest.param(one, marks=pytest.mark.sweep) for one in ("vary", "output", "json", "power", "arms")),
        ],
    )
    def test_a_field_with_an_option_s_name(self, tmp_path, name):
        """A field that bears the name of a verb's option is refused in one sentence by every verb."""
        newcomer = newcomers.ranks(random.Random(SEED))
        text = re.sub(rf"\b{newcomer.effect}\b(?=:|\)| -)", name, newcomer.text)
        copy = house.House.built(tmp_path, {f"trialplan/designs/{newcomer.module}.py": text})
        for verb in ("size", "monitor"):
            line = refused(copy.run(verb, newcomer.slug, f"--{name}", "0.7"))
            assert newcomer.slug in line
            assert name in line
