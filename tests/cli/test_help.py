"""Every help text has examples, and the examples run."""

from __future__ import annotations

import importlib.util
import itertools
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from trialplan import catalogue
from trialplan.cli import SERVING, VERBS, duration, root
from trialplan.cli.options.command import Verb
from trialplan.cli.options.design import TAKEN, DesignGroup
from trialplan.design import Design
from trialplan.parameter import parameters, typical
from trialplan.plan import read
from trialplan.protocol import write

DOCS = Path(__file__).parents[2] / "docs"


def commands():
    """Every verb, and every verb with every design, by its words."""
    with click.Context(root, info_name="trialplan") as ctx:
        for verb in VERBS:
            command = root.get_command(ctx, verb)
            yield (verb,), command
            if isinstance(command, DesignGroup):
                for slug in command.list_commands(ctx):
                    yield (verb, slug), command.get_command(ctx, slug)


COMMANDS = dict(commands())


def examples(command):
    """The example calls at the end of a help text."""
    return re.findall(r"^  trialplan (.*)$", command.epilog or "", re.MULTILINE)


def test_the_rules_of_several_treatments_are_the_catalogue_s(run):
    """The usual one first, which is taken where none is typed."""
    assert f"--rule {'|'.join(catalogue.over_arms())} " in run("size", "two-proportions", "--help").out


DEAR = ("demo", "protocol ", "check ", "verify msc")
"""Examples that write or read whole documents, or simulate whole plans: other tests do so every day."""


def once_each():
    """Every example once; what is dear is left to the sweeps, and of verbs with a design every third is fast."""
    designs = itertools.count()
    lines = {}
    for words, command in {(): root, **COMMANDS}.items():
        slow = len(words) == 2 and next(designs) % FEW
        for line in examples(command):
            if line.startswith(SERVING):  # tests/web runs these
                continue
            lines.setdefault(line, bool(slow) or line.startswith(DEAR))
    return [pytest.param(line, marks=[pytest.mark.sweep] if slow else [], id=line) for line, slow in lines.items()]


FEW = 3
"""Of so many verbs with a design, the examples of one run every day: every verb and every design has its turn."""

MANY, FEWEST = "--trials 20000", "--trials 100"
"""What an example simulates for a reader, and what shows as well that it runs."""

EXAMPLES = once_each()


def shown():
    """The help text of every verb, and of each of its designs; of these another one a verb is fast.

    The page of all commands, below, is written from all that the designs have.
    """
    turn = itertools.count()
    first = {}
    for words in COMMANDS:
        if len(words) == 2:
            first.setdefault(words[0], []).append(words)
    fast = {some[next(turn) % len(some)] for some in first.values()}
    for words in COMMANDS:
        slow = len(words) == 2 and words not in fast
        yield pytest.param(words, marks=[pytest.mark.sweep] if slow else [], id=" ".join(words))


SHOWN = list(shown())


def timed():
    """Designs with a time that can be asked for and a usual test that counts."""
    timed = [cls for cls in catalogue.designs().values() if issubclass(cls, Design) and cls.prolongs_by]
    return [cls.slug() for cls in timed if not cls(**typical(cls)).smooth]


class TestHelp:
    """The help texts."""

    @pytest.mark.parametrize("words", SHOWN)
    def test_has_an_example(self, run, words):
        """A help text has one clear paragraph and at least one example of its own."""
        ran = run(*words, "--help")
        assert (ran.code, ran.err) == (0, "")
        shown = ran.out.partition("Examples:\n")[2]
        assert f"trialplan {' '.join(words)}" in shown

    def test_each_has_an_example_of_its_own(self):
        """Of every verb, and of every design of a verb, the help text ends with an example of just that."""
        without = [
            words
            for words, command in COMMANDS.items()
            if not any(line.split()[: len(words)] == [*words] for line in examples(command))
        ]
        assert without == []

    @pytest.mark.parametrize("line", EXAMPLES)
    def test_example_runs(self, run, workshop, protocols, line):
        """Every example in a help text runs."""
        for document in re.findall(r"^check (\S+)", line):
            shutil.copy(protocols("starter")[Path(document).suffix], document)
        for plan in re.findall(r"--plan (\S+)", line):
            shutil.copy(Path(read("starter").folder) / "plan.toml", plan)
        for record in re.findall(r"^diff (\S+\.json)", line):
            write(read("starter"), [Path(record)], kind="registry")
        ran = run(*shlex.split(line.replace(MANY, FEWEST)))
        assert (ran.code, ran.err) == (0, "")
        assert ran.out

    @pytest.mark.parametrize("slug", timed())
    def test_no_time_is_asked_of_a_test_that_counts(self, run, slug):
        """The usual test of these is refused there, and the example names the other one."""
        (line,) = examples(duration.for_design(catalogue.designs()[slug]))
        assert "--test " in line
        ran = run(*shlex.split(line))
        assert (ran.code, ran.err) == (0, "")

    def test_takes_each_option_once(self):
        """A command that answers refuses an option given twice; a group leaves that to its commands."""
        others = [words for words, command in COMMANDS.items() if not isinstance(command, (Verb, click.Group))]
        assert others == []

    def test_no_field_can_bear_an_options_name(self):
        """Every option that is no field of a design is known as taken, save the ways in which an effect is stated."""
        for words, command in COMMANDS.items():
            if len(words) == 2:
                cls = catalogue.designs()[words[1]]
                fields = {*parameters(cls), *(effect.name for effect in cls.stated_effects)}
                options = {flag.lstrip("-").replace("-", "_") for one in command.params for flag in one.opts}
                assert options - fields <= TAKEN, words

    def test_alone_shows_help(self, run):
        """Without a verb the help is shown, with the exit codes."""
        ran = run()
        assert ran.code == 0
        assert "Exit codes: 0 done" in ran.out
        assert all(verb in ran.out for verb in VERBS)

    def test_version(self, run):
        """--version names program and version."""
        assert re.fullmatch(r"trialplan \d+\.\d+\.\d+\n", run("--version").out)


class TestCommandReference:
    """The page that is written from them."""

    def test_is_current(self):
        """docs/commands.md is what the help texts say now."""
        spec = importlib.util.spec_from_file_location("build_commands", DOCS / "build_commands.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert (DOCS / "commands.md").read_text(encoding="utf-8") == module.reference()
