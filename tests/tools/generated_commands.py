"""Commands drawn from what the program declares: its verbs, their options, and the numbers of its designs.

Nothing is listed here that click or the catalogue knows, so a verb or a design that is dropped in is drawn as well. A
command starts from an example of the help, or from typical numbers, and is then changed in a few places; a seed and an
index give the same command again.
"""

from __future__ import annotations

import itertools
import math
import random
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import click

from trialplan import catalogue, files
from trialplan.cli import SERVING, root
from trialplan.cli.options.design import MONITORING
from trialplan.design import Sized
from trialplan.errors import TrialplanError
from trialplan.parameter import Interval, Parameter, needed, parameters
from trialplan.text import flag

EDGES = (
    *("", " ", "0", "1", "-1", "-0.0", "2", "60", "60%", "0.5", "-0.5", "1e-300", "1e300", "-1e300", "1e-17", "1e16"),
    *("0.9999999999999999", "nan", "-nan", "inf", "-inf", "Infinity", "999999999999", "1000000000001", "2147483648"),
    *("9223372036854775808", "1" + "0" * 400, "0." + "0" * 400 + "1", "1_000", "0x10", "٣", "½", "1,5", "0,5", "0.5,"),
    *(",", ",,", "1:1", "0:1", "1:0", "-1:1", "1000000:1", "1/0", "0/0", "1/3", "5/4", "0/5", "1,1", "1,0.5", "nan,1"),
    *("inf,1", "0.5,0.5,1", "0.001,1", "%", "%s", "%(n)s", "{}", "{0}", "{n}", "low", "None", "True", "[]", "()", "'"),
    *('"', "\\", "$(true)", "`", "naïve", "日本", "💥", "\u202e", "a\nb", "\t", "-", "--", "---", "=", "a=b", "x=1,2"),
    *("--help", "-h", "..", ".", "./", "a/b/c", "z" * 300, "folder", "plan.toml", "table.csv", "empty.toml", "nan=1"),
    *(
        "+0.3",
        "−0.3",
        "３",
        "0.3 ",
        "1e3",
        "1_0.5",
        "1'000",
        "1 000",
        "1.000,5",
        "50 %",
        "30pp",
        "0.3f",
        "∞",
        "@plan.toml",
    ),
    *("/dev/null", "/dev/stdin", "/", "~", "plan.toml/out.csv", "folder/../out.json", "file:///dev/null", "table.csv"),
    *("score", "z(nan)", "z(1e300)", "pocock(1)", "kim-demets(-1)", "kim-demets(", "1:10:0", "10:1:1", "1:2:1e-12"),
)
"""What stands at the edges of what can be typed, whatever the option takes."""

SHAPES = {
    "RATIO": ("1:1", "2:1", "1:2", "3:2", "10:1"),
    "LIMIT": ("0.05", "0.1", "0.2", "0.8", "1.25", "-0.1,0.1", "0.8,1.25"),
    "FRACTIONS": ("0.5,1", "1/3,2/3,1", "3", "0.25,0.5,1", "0.5", "1", "0.1,1"),
    "N": ("10", "50", "93"),
    "N,N": ("61,58", "20,20", "5,6", "100,50"),
    "NUMBERS": ("61,58", "0.5,1"),
    "X/N": ("23/60", "0/60", "60/60", "1/2"),
    "SD/N": ("1.42/60", "0.01/4", "30/200"),
    "SD,SD": ("1,1.2", "0.5,2"),
    "X/N,X/N": ("14/30,9/30", "0/30,0/30", "30/30,30/30", "1/1,0/1"),
    "MEAN/N,MEAN/N": ("0.6/32,0.2/32", "0/2,0/2", "-1/40,3/20"),
    "T/DF": ("2.31/57", "-1/1", "0/200"),
    "TOTAL": ("60", "186", "24", "10", "300"),
    "VALUES": ("120", "120,240", "100:400:100", "4"),
    "RATE": ("5", "0:2,6:8", "0.1"),
    "SIZES": ("4,6", "6", "2"),
    "NAMES": ("treatment,control", "cells,placebo", "a,b,c"),
    "NAME=LEVELS": ("site=A,B", "age=young,old", "sex=f,m"),
    "ADDRESS": ("tcp://127.0.0.1:1",),
    "SECONDS": ("30", "5"),
    "RULE": (
        *("obrien-fleming", "pocock", "wang-tsiatis(0.25)", "haybittle-peto", "lan-demets-obrien-fleming"),
        *("lan-demets-pocock", "hwang-shih-decani(-4)", "kim-demets(3)", "z(0)", "conditional-power(0.2)"),
    ),
    "OUTCOME": ("complete-remission", "complete remission", "half the headache days"),
    "FIELD": ("product", "design", "year"),
}
"""What suits an option whose value the help calls so, where neither the design nor an example says more."""

FEW = {"--trials": ("100", "100", "128", "300", "7"), "--workers": ("1", "2")}
"""Options that set how long the work takes: typed with few wherever they are not drawn otherwise."""

HERE = ("--scheduler",)
"""Options that name another machine: nothing drawn may look for one."""

RARELY = {"demo": 0.1, "protocol": 0.2, "check": 0.2, "assurance": 0.5, "diff": 0.5}
"""Shares of their turns that are left to verbs which take seconds to answer."""


@dataclass(frozen=True)
class Leaf:
    """A command that answers: what is typed to reach it, its options, and its design if it is about one."""

    verb: str
    subject: str | None
    command: click.Command
    design: type[Sized] | None
    examples: tuple[tuple[str, ...], ...]
    subjects: tuple[str, ...] = ()
    """What may stand for a subject that is no design: shipped examples and files."""

    reads: tuple[str, ...] = ()
    """The kinds of files that it takes."""

    @property
    def options(self) -> list[click.Option]:
        """What it takes beside its arguments."""
        return [option for option in self.command.params if isinstance(option, click.Option)]


@dataclass(frozen=True)
class Command:
    """What is typed after the program's name, and what draws it again."""

    words: tuple[str, ...]
    verb: str
    seed: int
    index: int

    def __str__(self) -> str:
        """As a shell takes it, with what repeats it."""
        return f"[seed {self.seed}, index {self.index}] trialplan {shlex.join(self.words)}"


FILES = ("plan.toml", "table.toml", "table.csv", "statement.toml", "statements.csv", "empty.toml", "protocol.md")
"""What lies in the folder in which the commands run; a subject or an argument may be any of them."""


@lru_cache(maxsize=1)
def leaves() -> tuple[Leaf, ...]:
    """Every command that answers, found by walking from the root."""
    context = click.Context(root)
    answering = [verb for verb in root.list_commands(context) if verb not in SERVING]
    return tuple(leaf for verb in answering for leaf in _of_verb(verb, context))


def _of_verb(verb: str, context: click.Context) -> Iterator[Leaf]:
    command = root.get_command(context, verb)
    assert command is not None
    if not isinstance(command, click.Group):
        yield Leaf(verb, None, command, None, _examples(command, verb), reads=_reads(command, verb))
        return
    own = click.Context(command, parent=context, info_name=verb)
    file = getattr(command, "file", None)
    shipped = tuple(files.examples(file)) if file else ()
    suited = tuple(name for name in FILES for _ in range(4 if name == file else 1) if file and name != "protocol.md")
    names = command.list_commands(own)
    for name in (*names, *shipped[:1], *(["statements.csv"] if file else [])):
        try:
            answer = command.get_command(own, name)
        except TrialplanError:  # no tables of statements go with this verb
            continue
        assert answer is not None
        is_design = name in names
        yield Leaf(
            verb,
            name,
            answer,
            catalogue.designs().get(name),
            tuple(
                words
                for words in (*_examples(answer, verb), *_examples(command, verb))
                if words[:1] and (words[0] == name or (not is_design and words[0] in shipped))
            ),
            () if is_design or name.endswith(".csv") else (*shipped, *suited),
            () if is_design else (str(Path(file or "").with_suffix(Path(name).suffix or ".toml")),),
        )


def _reads(command: click.Command, verb: str) -> tuple[str, ...]:
    """The kinds of files among its arguments, by the names of these, or by the examples of its help."""
    names = [parameter.name for parameter in command.params if isinstance(parameter, click.Argument)]
    if "table" in names:
        return ("evidence.toml", "evidence.csv")
    words = {word for example in _examples(command, verb) for word in example}
    return ("plan.toml",) if words & {*files.examples("plan.toml")} else ()


def _examples(command: click.Command, verb: str) -> tuple[tuple[str, ...], ...]:
    """The words after the verb in each example of the help."""
    lines = [line.strip() for line in (command.epilog or "").splitlines()]
    typed = [shlex.split(line) for line in lines if line.startswith("trialplan ")]
    return tuple(tuple(words[2:]) for words in typed if words[1:2] == [verb])


@lru_cache(maxsize=1)
def shown() -> dict[str, tuple[str, ...]]:
    """By option, what the examples and the help texts show as its values."""
    values: dict[str, dict[str, None]] = {}
    for leaf in leaves():
        for words in leaf.examples:
            for option, value in itertools.pairwise(words):
                if option.startswith("-") and not value.startswith("-"):
                    values.setdefault(option, {})[value] = None
        for option in leaf.options:
            for value in re.findall(r"as in (?:--\S+ )?([^\s;]+)", option.help or ""):
                values.setdefault(option.opts[0], {})[value.rstrip(",.")] = None
    return {option: tuple(known) for option, known in values.items()}


@lru_cache(maxsize=1)
def all_options() -> tuple[str, ...]:
    """The options of all commands."""
    return tuple(dict.fromkeys(name for leaf in leaves() for option in leaf.options for name in option.opts))


def command(
    seed: int, index: int, verb: str | None = None, subject: str | None = None, changes: int | None = None
) -> Command:
    """The command of that seed and index; of one verb, about one file, with so many changes, where they are named."""
    draw = random.Random(f"{seed}/{index}")
    leaf = _leaf(draw, verb, subject)
    words = _started(draw, leaf, subject)
    for _ in range(draw.choice((0, 0, 0, 1, 1, 1, 2, 3, 5)) if changes is None else changes):
        words = draw.choice(CHANGES)(draw, leaf, words)
    return Command(tuple(_bounded(draw, leaf, words)), leaf.verb, seed, index)


def _leaf(draw: random.Random, verb: str | None, file: str | None) -> Leaf:
    """One of the commands; a verb with four times as many options comes twice as often, a slow one rarely."""
    known = [leaf for leaf in leaves() if verb in (None, leaf.verb)]
    if file is not None:
        known = [leaf for leaf in known if any(Path(kind).suffix == Path(file).suffix for kind in leaf.reads)]
    return draw.choices(known, [_weight(leaf.verb) for leaf in known])[0]


@cache
def _weight(verb: str) -> float:
    """How often each of a verb's commands is drawn."""
    options = [len(leaf.options) for leaf in leaves() if leaf.verb == verb]
    return RARELY.get(verb, 1) * math.sqrt(sum(options)) / len(options)


# ---------------------------------------------------------------- how a command begins


def _started(draw: random.Random, leaf: Leaf, subject: str | None) -> list[str]:
    """A command that may well have an answer: an example of the help, as it is or with other numbers and options."""
    named = subject or (draw.choice(leaf.subjects) if leaf.subjects else leaf.subject)
    if leaf.examples:
        words = list(draw.choice(leaf.examples))
        if subject is not None or (leaf.subjects and draw.random() < 0.5):
            words = [named or "", *words[1:]] if words else words
        if leaf.subject is None and subject is None:
            words = [_argument(draw, word) for word in words]
    else:
        words = [named] if named else []
    if leaf.design is None and leaf.subject is None and not words:
        arguments = [parameter for parameter in leaf.command.params if isinstance(parameter, click.Argument)]
        words += [subject or draw.choice(_known()) for _ in arguments]
    words = [leaf.verb, *words]
    json = next((option for option in leaf.options if "--json" in option.opts), None)
    if json is not None and "--json" not in words and draw.random() < 0.3:
        words.append("--json")
    if draw.random() < 0.3:
        return words
    required = needed(leaf.design) if leaf.design else []
    for option in leaf.options:
        typed = any(word.partition("=")[0] in option.opts for word in words)
        wanted = typed or option.name in required or "[required]" in (option.help or "")
        varied = any(word.partition("=")[0] == option.name for word in words)
        if draw.random() < (0.6 if wanted else _share(option.opts[0])) and not varied:
            words = [*_without(option, words), *_typed(draw, leaf, option)]
            words += _companions(draw, leaf, option, words)
    return words


@lru_cache(maxsize=1)
def _takers() -> Counter[str]:
    """By option, the turns of all commands that take it."""
    takers: Counter[str] = Counter()
    for leaf in leaves():
        for option in leaf.options:
            takers[option.opts[0]] += _weight(leaf.verb)  # type: ignore[assignment]
    return takers


def _share(option: str) -> float:
    """How often an option is typed that a command can do without: more often the fewer take it, so that each has turns.

    One that every command takes stands in one of twenty-five.
    """
    turns = sum(_weight(leaf.verb) for leaf in leaves())
    return min(0.4, max(0.04, 0.004 * turns / _takers()[option]))


COMPANIONS = {"goal": ("margin",), **dict.fromkeys(("looks", *MONITORING), MONITORING)}
"""Options that ask for others: a margin with most goals, looks with whatever says when a look stops. Of the rest those
whose help mentions another option are typed together with that one."""


def _companions(draw: random.Random, leaf: Leaf, option: click.Option, words: Sequence[str]) -> list[str]:
    """What goes with an option that has just been typed: the first of its companions, and now and then the others."""
    typed = {word.partition("=")[0] for word in words}
    more: list[str] = []
    mentioned = [
        other.name or ""
        for other in leaf.options
        if other is not option and re.search(rf"(--|\b(a|the) ){re.escape(other.name or '')}\b", option.help or "")
    ]
    for place, name in enumerate(COMPANIONS.get(option.name or "", mentioned)):
        for other in leaf.options:
            if other.name == name and not typed & {*other.opts} and draw.random() < (0.9 if place == 0 else 0.2):
                more += _typed(draw, leaf, other)
    return more


def _argument(draw: random.Random, word: str) -> str:
    """A shipped example by its name, or now and then another, or a file."""
    return draw.choice(_known()) if word in _known() and draw.random() < 0.3 else word


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    """Shipped examples and the files at hand."""
    kinds = ("plan.toml", "evidence.toml", "statement.toml")
    return tuple(dict.fromkeys([*(name for kind in kinds for name in files.examples(kind)), *FILES]))


def _typed(draw: random.Random, leaf: Leaf, option: click.Option) -> list[str]:
    """The option with a value that suits it."""
    name = draw.choice(option.opts)
    if option.is_flag:
        return [name]
    value = plausible(draw, leaf, option)
    return [f"{name}={value}"] if name.startswith("--") and draw.random() < 0.2 else [name, value]


# ---------------------------------------------------------------- values


def plausible(draw: random.Random, leaf: Leaf, option: click.Option) -> str:
    """A value that suits an option, by what its design declares, its choices, the examples, or its shape."""
    declared = parameters(leaf.design).get(option.name or "") if leaf.design else None
    shape = option.metavar or getattr(option.type, "shown", "")
    ways: list[Callable[[], str]] = []
    if option.name in _FEW_NAMES:
        return draw.choice(FEW[f"--{flag(option.name or '')}"])
    if isinstance(option.type, click.Path):
        return _path(draw, option)
    if isinstance(option.type, click.Choice):
        return str(draw.choice(list(option.type.choices)))
    if "=" in shape and "NAME=VALUES" in shape:
        return _varied(draw, leaf)
    if declared is not None and (declared.choices or isinstance(declared.domain, Interval)):
        return _declared(draw, declared)
    if "|" in shape:
        return draw.choice(shape.split("|"))
    if option.opts[0] in HERE:
        return draw.choice(SHAPES["ADDRESS"])
    for known in (shown().get(option.opts[0], ()), SHAPES.get(shape, ())):
        if known:
            ways.append(lambda known=known: draw.choice(known))
    if shape in ("NUMBER", "") or not ways:
        ways.append(lambda: _number(draw))
    return draw.choice(ways)()


_FEW_NAMES = {name.lstrip("-") for name in FEW}


def _declared(draw: random.Random, declared: Parameter) -> str:
    """A choice, a number among the typical ones, or one at an end of what may be."""
    if declared.choices:
        return str(draw.choice(declared.choices))
    domain, kind = declared.domain, draw.random()
    assert isinstance(domain, Interval)
    inside = domain.carried
    if declared.typical and kind < 0.65:
        return f"{draw.uniform(min(declared.typical), max(declared.typical)):.3g}"
    if kind < 0.75:
        return repr(draw.choice((inside.low, inside.high, domain.low, domain.high)))
    if inside.high > 1:
        return f"{10 ** draw.uniform(-3, 3):.3g}"
    if kind < 0.85:
        small = 10 ** draw.uniform(-8, -1)
        return f"{draw.choice((inside.low + small, inside.high - small)):.9g}"
    return f"{draw.uniform(inside.low, inside.high):.3g}"


def _number(draw: random.Random) -> str:
    """A number of some size, whole or not."""
    kind = draw.random()
    if kind < 0.4:
        return f"{draw.random():.3g}"
    return str(draw.randint(1, 400)) if kind < 0.8 else f"{draw.gauss(0, 2):.3g}"


def _path(draw: random.Random, option: click.Option) -> str:
    """A file that the option may write or read, by the suffixes in its help."""
    suffixes = re.findall(r"\.[A-Za-z]\w*", option.help or "") or [""]
    existing = ("folder", "protocol.md", "absent", "folder/inner")
    if suffixes == [""] or draw.random() < 0.1:
        return draw.choice(existing)
    return f"{draw.choice(('out', 'folder/out', 'öut', 'o u t'))}{draw.choice(suffixes)}"


def _varied(draw: random.Random, leaf: Leaf) -> str:
    """A name and its values: those of a number of the design, or of another option."""
    numbers = [option for option in leaf.options if not option.is_flag and option.metavar != "NAME=VALUES"]
    declared = [option for option in numbers if leaf.design and option.name in parameters(leaf.design)]
    if not declared or draw.random() < 0.2:
        return draw.choice(shown()["--vary"])
    option = draw.choice(declared)
    values = [plausible(draw, leaf, option) for _ in range(draw.choice((1, 2, 2, 3)))]
    return f"{(option.name or '').replace('_', draw.choice('-_'))}={','.join(values)}"


# ---------------------------------------------------------------- how a command is changed

Change = Callable[[random.Random, Leaf, list[str]], list[str]]


def _more(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """Another option with a value that suits it, in the place of the same one where it is typed already."""
    if not leaf.options:
        return words
    option = draw.choice(leaf.options)
    return [*_without(option, words), *_typed(draw, leaf, option)]


def _edge(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """An option with a value from the edges."""
    valued = [option for option in leaf.options if not option.is_flag and option.opts[0] not in HERE]
    if not valued:
        return words
    option = draw.choice(valued)
    value = draw.choice([*EDGES, *_ends(leaf, option)])
    name = draw.choice(option.opts)
    typed = [f"{name}={value}"] if name.startswith("--") and draw.random() < 0.5 else [name, value]
    return [*_without(option, words), *typed]


def _ends(leaf: Leaf, option: click.Option) -> list[str]:
    """The ends of the domain of the option's number, what lies just beyond them, and a percentage."""
    declared = parameters(leaf.design).get(option.name or "") if leaf.design else None
    if declared is None or not isinstance(declared.domain, Interval):
        return []
    domain = declared.domain
    ends = [domain.low, domain.high, domain.carried.low, domain.carried.high]
    beyond = [domain.low - 1, domain.high + 1, domain.carried.low / 2, domain.carried.high * 2]
    return [repr(float(end)) for end in (*ends, *beyond, *(100 * value for value in declared.typical))] * 2


def _edge_in_place(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A word that is no option exchanged for one from the edges."""
    places = [place for place, word in enumerate(words) if place and not word.startswith("-")]
    places = [place for place in places if words[place - 1] not in HERE]
    if not places:
        return words
    place = draw.choice(places if draw.random() < 0.8 or len(places) < 2 else places[:1])
    return [*words[:place], draw.choice(EDGES), *words[place + 1 :]]


def _nudged(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A number exchanged for another, smaller or larger or of the other sign."""
    places = [place for place, word in enumerate(words) if place and _NUMBER.fullmatch(word)]
    if not places:
        return words
    place = draw.choice(places)
    factor = draw.choice((0.01, 0.5, 0.9, 1.1, 1.5, 2, 10, 100, -1))
    return [*words[:place], f"{float(words[place]) * factor:.6g}", *words[place + 1 :]]


_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


WAYS = (
    "{:g}",
    "{:+g}",
    " {:g} ",
    "{:.3e}",
    "{:.12f}",
    "{:_.0f}",
    "{:,.0f}",
    "{:g}%",
    "{:g} %",
    "0{:g}",
    "{:g}.",
    "{:g}f",
)
"""Ways in which somebody may write a number."""


def _otherwise_written(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A number as it might be written by somebody else, or as a percentage."""
    places = [place for place, word in enumerate(words) if place and _NUMBER.fullmatch(word)]
    if not places:
        return words
    place = draw.choice(places)
    return [*words[:place], draw.choice(WAYS).format(float(words[place])), *words[place + 1 :]]


def _huge(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A whole number as large as nobody means it, whose work might grow with it."""
    valued = [option for option in leaf.options if not option.is_flag and option.opts[0] not in (*HERE, *FEW)]
    places = [place for place, word in enumerate(words) if place and word.isdigit() and words[place - 1] not in FEW]
    number = str(draw.choice((1, 2, 3, 5)) * 10 ** draw.randint(5, 12))
    if places and draw.random() < 0.5:
        place = draw.choice(places)
        return [*words[:place], number, *words[place + 1 :]]
    counts = [option for option in valued if option.name == "n" or option.opts[0] not in shown()]
    if not counts:
        return words
    option = draw.choice(counts)
    return [*_without(option, words), option.opts[0], number]


def _in_another_order(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """The options, each with its value, in another order, or before the subject."""
    flags = {name for option in leaf.options if option.is_flag for name in option.opts}
    plain, typed, left = [], [], iter(words[1:])
    for word in left:
        if not word.startswith("-"):
            plain.append([word])
        elif word in flags or "=" in word:
            typed.append([word])
        else:
            typed.append([word, *itertools.islice(left, 1)])
    draw.shuffle(typed)
    groups = [*plain, *typed] if draw.random() < 0.8 else [*typed, *plain]
    return [*words[:1], *itertools.chain.from_iterable(groups)]


def _around(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A wrapper: looks, with a rule, or several treatments, with how they are compared."""
    names = draw.choice((("looks", "efficacy", "futility"), ("treatments", "compared", "with_"), ("clustered", "icc")))
    for option in leaf.options:
        if option.name in names and draw.random() < (0.9 if option.name == names[0] else 0.4):
            words = [*_without(option, words), *_typed(draw, leaf, option)]
    return words


def _fewer(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A word left out."""
    if len(words) < 2:
        return words
    place = draw.randrange(1, len(words))
    return words[:place] + words[place + 1 :]


def _missing(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """An option left out, with its value."""
    option = draw.choice(leaf.options) if leaf.options else None
    return _without(option, words) if option is not None else words


def _twice(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """An option given once more, or the same words again."""
    option = draw.choice(leaf.options) if leaf.options else None
    return [*words, *(words[-2:] if option is None or draw.random() < 0.3 else _typed(draw, leaf, option))]


def _foreign(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """An option of another verb or design."""
    option = draw.choice([name for name in all_options() if name not in HERE])
    return [*words, option, draw.choice([*shown().get(option, ()), *EDGES[:20]])]


def _misspelt(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A letter of a word lost or doubled."""
    place = draw.randrange(len(words))
    word, letter = words[place], draw.randrange(len(words[place]) or 1)
    wrong = word[:letter] + draw.choice(("", word[letter : letter + 1] * 2)) + word[letter + 1 :]
    return [*words[:place], wrong, *words[place + 1 :]]


def _elsewhere(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """The subject of another command."""
    other = draw.choice(leaves())
    return [words[0], other.subject or draw.choice(EDGES), *words[2:]]


def _a_word_more(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """A word that belongs to nothing, anywhere."""
    place = draw.randrange(len(words) + 1)
    return [*words[:place], draw.choice(EDGES), *words[place:]]


CHANGES: tuple[Change, ...] = (
    *(_more, _more, _more, _more, *[_nudged] * 8, _edge, _edge, _edge, _edge_in_place),
    *(_otherwise_written, _huge, _huge, _in_another_order, _around, _around),
    *(_fewer, _missing, _twice, _foreign, _misspelt, _elsewhere, _a_word_more),
)


def _without(option: click.Option, words: Sequence[str]) -> list[str]:
    """The words without an option and its value."""
    kept: list[str] = []
    left = iter(words)
    for word in left:
        name, equals, _ = word.partition("=")
        if name not in option.opts:
            kept.append(word)
        elif not (equals or option.is_flag):
            next(left, None)
    return kept


def _bounded(draw: random.Random, leaf: Leaf, words: list[str]) -> list[str]:
    """The words, with few where their number sets how long the work takes: a default and the examples ask for many."""
    for option in leaf.options:
        if option.opts[0] == "--trials" and not any(word.partition("=")[0] in option.opts for word in words):
            words = [*words, option.opts[0], draw.choice(FEW["--trials"])]
    for place, (name, value) in enumerate(itertools.pairwise(words), start=1):
        if name in FEW and value.isascii() and value.isdigit() and len(value) in range(4, 9):
            words = [*words[:place], draw.choice(FEW[name]), *words[place + 1 :]]
    return words
