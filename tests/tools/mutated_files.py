"""Plan files, evidence tables and statements with a few places changed, each with a command that reads it.

They start from what is shipped, from the tables of the tests, and from a small plan of every design that tests; a seed
and an index give the same file and command again.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import itertools
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from generated_commands import Command, command, leaves
from small_plans import endpoint, plan_text, stated

from trialplan import catalogue
from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.files import LONGEST, examples
from trialplan.parameter import typical, with_role
from trialplan.plan import build, read

VALUES = (
    *(
        "nan",
        "inf",
        "-inf",
        "0",
        "1",
        "-1",
        "2",
        "60",
        "0.5",
        "-0.5",
        "1.0",
        "1e300",
        "-1e300",
        "1e-300",
        "1e-17",
        "1e70",
    ),
    *("0.9999999999999999", "999999999999", "99999999999999999999", "0x10", "1_0", "true", "false", "1979-05-27"),
    *("1979-05-27T07:32:00Z", "07:32:00", "[]", "[0.3]", "[0.3, 0.3]", "[[1]]", "[nan]", "{}", "{ value = 0.3 }"),
    *('""', '" "', '"nan"', '"NR"', '"text"', '"0.3"', '"60 %"', '"1:1"', '"0:1"', '"日本"', '"\\u202e"', '"\\u0000"'),
    *('"{{ 1/0 }}"', '"{% raw %}"', '"$x$ \\\\input{/etc/hosts}"', '"| a | b |"', '"<b>&amp;"', '"# a"', '"%s {n}"'),
    *(
        '"""\nlines\n\n- of text\n"""',
        f'"{"long " * 3000}"',
        f'"{"x" * (LONGEST + 1)}"',
        '"two-means"',
        '"superiority"',
    ),
    *('"score"', '"obrien-fleming"', "[0.5, 1]", "[0.5, 1.0, 1.0]", '"../plan.toml"', '"changed.toml"', '"/"'),
)
"""What TOML may hold in the place of any value."""

CELLS = (
    *("", " ", "NR", "ND", "nan", "inf", "-1", "0", "1", "60", "0.5", "1e300", "1e-300", "1e16", "3/10", "18/36 (50%)"),
    *("50%", "1,5", "1 000", "1'000", "< 0.05", "=1+1", "-", "–", "½", "٣", "日本", "a;b", 'say "x"', "line\nline"),
    *("true", "2020-01-01", "ever", "treatment", "control", "x" * 40_000, "\u202e", "\x00", "99999999999999999999"),
)
"""What a cell may hold."""

BYTES = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\r",
    b"\r\n",
    b"\x1b[2J",
    b'"',
    b"[",
    b"]]",
    b"=",
    b"#",
    b"\t",
)
"""What may have got into a file."""

STATEMENTS = b"""label,design,control,treatment,difference,sd,alpha,sides,power,allocation,dropout,n,per_arm
first,two-proportions,0.3,0.5,,,0.05,2,0.8,,,186,
second,two-means,,,0.5,1,0.05,2,0.8,2:1,0.1,,70
"""


@dataclass(frozen=True)
class Mutated:
    """A file as it was made, and the command that reads it."""

    name: str
    content: bytes
    command: Command


@lru_cache(maxsize=1)
def sources() -> dict[str, tuple[bytes, ...]]:
    """By the kind of file, those in order from which the others are made."""
    tables = Path(__file__).resolve().parents[1] / "evidence" / "tables"
    plans = [path.read_bytes() for path in examples("plan.toml").values()]
    return {
        "plan.toml": (*map(_quickly, plans), *_small_plans()),
        "evidence.toml": (
            *(path.read_bytes() for path in examples("evidence.toml").values()),
            *(path.read_bytes() for path in tables.glob("*.toml")),
        ),
        "evidence.csv": tuple(path.read_bytes() for path in tables.glob("*.csv")),
        "statement.toml": tuple(path.read_bytes() for path in examples("statement.toml").values()),
        "statement.csv": (STATEMENTS,),
    }


def _small_plans() -> Iterator[bytes]:
    """A plan of every design that tests, with looks where it may have them, and of every family."""
    for cls in catalogue.designs().values():
        if issubclass(cls, Design):
            numbers = typical(cls)
            targets = [0.2, *(value for value in map(numbers.get, with_role(cls, "effect")) if value is not None)]
            for more in ("", LOOKS):
                yield from _first_that_builds(
                    plan_text(design=cls.slug(), assumptions=_assumed(numbers), target=target, more=more)
                    for target in targets
                )
    second = endpoint("second", "primary", "two-proportions", stated(control=0.3, treatment=0.5))
    for rule in catalogue.families():
        yield from _first_that_builds([plan_text(endpoints=second, more=f'[family]\nrule = "{rule}"\n')])


LOOKS = '\n[monitoring]\nlooks = [0.5, 1]\nefficacy = "lan-demets-obrien-fleming"\n'


def _assumed(numbers: Mapping[str, Any]) -> str:
    """The numbers of a design as a plan's assumptions."""
    return stated(**{name: json.dumps(value) for name, value in numbers.items()})


def _first_that_builds(plans: Iterable[str]) -> Iterator[bytes]:
    """The first plan that is in order, if one is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        for plan in plans:
            path.write_text(plan, encoding="utf-8")
            with contextlib.suppress(TrialplanError):
                build(read(str(path)))
                yield plan.encode()
                return


def _quickly(plan: bytes) -> bytes:
    """The plan without the simulations of its protocol, which take seconds."""
    return plan if b"[report]" in plan else plan + b"\n[report]\nverification_trials = 0\n"


SHARES = {"plan.toml": 10, "evidence.toml": 6, "evidence.csv": 4, "statement.toml": 1, "statement.csv": 1}
"""How often each kind of file is drawn: plans and tables are what people write."""


def mutated(seed: int, index: int) -> Mutated:
    """The file of that seed and index, and what is typed to have it read."""
    draw = random.Random(f"file {seed}/{index}")
    kind = draw.choices(list(SHARES), list(SHARES.values()))[0]
    suffix = Path(kind).suffix
    content = draw.choice(sources()[kind])
    for _ in range(draw.choice((0, 1, 1, 1, 1, 2, 2, 4))):
        content = draw.choice(OF_TEXT if suffix == ".toml" else OF_TABLE)(draw, content)
    if draw.random() < 0.1:
        content = draw.choice(OF_BYTES)(draw, content)
    name = f"changed{suffix}"
    verb = draw.choice(_verbs(kind))
    typed = command(seed, index, verb, name, changes=draw.choice((0, 0, 0, 1)))
    return Mutated(name, content, dataclasses.replace(typed, words=_of_the_file(draw, typed.words, content, suffix)))


def _of_the_file(draw: random.Random, words: tuple[str, ...], content: bytes, suffix: str) -> tuple[str, ...]:
    """The words, with an outcome of the file itself in the place of one that an example names."""
    if suffix == ".csv":
        rows = _rows(content)
        place = rows[0].index("outcome") if rows and "outcome" in rows[0] else 0
        names = [row[place] for row in rows[1:] if place < len(row)]
    else:
        names = re.findall(r'^name = "(.*)"$', content.decode("utf-8", "replace"), re.MULTILINE)
    return tuple(
        draw.choice(names) if before == "--pool" and names else word
        for before, word in itertools.pairwise(("", *words))
    )


@cache
def _verbs(kind: str) -> tuple[str, ...]:
    """The verbs that read such a file."""
    suited = [leaf for leaf in leaves() if kind in leaf.reads]
    return tuple(dict.fromkeys(leaf.verb for leaf in suited))


# ---------------------------------------------------------------- lines of TOML

Mutation = Callable[[random.Random, bytes], bytes]


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").split("\n")


def _joined(lines: list[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _places(lines: list[str], pattern: str) -> list[int]:
    return [place for place, line in enumerate(lines) if re.match(pattern, line)]


def _another_value(draw: random.Random, content: bytes) -> bytes:
    """A key with another value, of whatever type."""
    lines = _lines(content)
    if places := _places(lines, r"\w[\w-]* = "):
        place = draw.choice(places)
        lines[place] = f"{lines[place].partition(' = ')[0]} = {draw.choice(VALUES)}"
    return _joined(lines)


def _another_number(draw: random.Random, content: bytes) -> bytes:
    """A number among a key's values that is smaller, larger, or of the other sign."""
    lines = _lines(content)
    if places := _places(lines, r"\w[\w-]* = [^\"]*[0-9]"):
        place = draw.choice(places)
        number = draw.choice(list(re.finditer(r"[0-9]+(\.[0-9]+)?", lines[place])))
        factor = draw.choice((0, 0.01, 0.5, 0.9, 1.1, 2, 10, 100, -1))
        changed = f"{float(number[0]) * factor:.6g}"
        lines[place] = lines[place][: number.start()] + changed + lines[place][number.end() :]
    return _joined(lines)


def _line_lost(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    if places := _places(lines, r"\S"):
        del lines[draw.choice(places)]
    return _joined(lines)


def _line_twice(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    place = draw.randrange(len(lines))
    lines.insert(draw.choice((place, draw.randrange(len(lines)))), lines[place])
    return _joined(lines)


def _lines_exchanged(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    first, second = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return _joined(lines)


def _key_misspelt(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    if places := _places(lines, r"(\w[\w-]* = |\[)"):
        place = draw.choice(places)
        letter = draw.randrange(len(lines[place].partition(" = ")[0]) or 1)
        lines[place] = lines[place][:letter] + draw.choice(("", "x", "-", ".")) + lines[place][letter + 1 :]
    return _joined(lines)


def _key_more(draw: random.Random, content: bytes) -> bytes:
    """A key of another place, with its value or another."""
    lines = _lines(content)
    if places := _places(lines, r"\w[\w-]* = "):
        key, _, value = lines[draw.choice(places)].partition(" = ")
        lines.insert(draw.randrange(len(lines)), f"{key} = {draw.choice((value, draw.choice(VALUES)))}")
    return _joined(lines)


def _section(draw: random.Random, lines: list[str]) -> tuple[int, int]:
    """Where a section begins and ends."""
    starts = [*_places(lines, r"\["), len(lines)]
    place = draw.randrange(max(len(starts) - 1, 1))
    return starts[place], starts[place + 1] if place + 1 < len(starts) else len(lines)


def _section_lost(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    start, end = _section(draw, lines)
    return _joined(lines[:start] + lines[end:])


def _section_twice(draw: random.Random, content: bytes) -> bytes:
    lines = _lines(content)
    start, end = _section(draw, lines)
    return _joined(lines[:end] + lines[start:end] + lines[end:])


def _section_of_another(draw: random.Random, content: bytes) -> bytes:
    """A section of another file of any kind at the end."""
    other = _lines(draw.choice(sources()[draw.choice(["plan.toml", "plan.toml", "evidence.toml", "statement.toml"])]))
    start, end = _section(draw, other)
    return content + b"\n" + _joined(other[start:end])


OF_TEXT: tuple[Mutation, ...] = (
    *(_another_value, _another_value, _another_value),
    *(_another_number, _another_number, _another_number, _another_number, _another_number, _another_number),
    *(_line_lost, _line_lost, _line_twice, _lines_exchanged, _key_misspelt, _key_more),
    *(_section_lost, _section_twice, _section_of_another),
)

# ---------------------------------------------------------------- cells of a table


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8", "replace").replace("\x00", ""), newline="")))


def _written(rows: list[list[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _another_cell(draw: random.Random, content: bytes) -> bytes:
    rows = _rows(content)
    row = draw.choice(rows) if rows else []
    if row:
        row[draw.randrange(len(row))] = draw.choice(CELLS)
    return _written(rows)


def _cell_lost(draw: random.Random, content: bytes) -> bytes:
    rows = _rows(content)
    row = draw.choice(rows) if rows else []
    if row:
        del row[draw.randrange(len(row))]
    return _written(rows)


def _cell_more(draw: random.Random, content: bytes) -> bytes:
    rows = _rows(content)
    if rows:
        row = draw.choice(rows)
        row.insert(draw.randrange(len(row) + 1), draw.choice(CELLS))
    return _written(rows)


def _row_lost_or_twice(draw: random.Random, content: bytes) -> bytes:
    rows = _rows(content)
    if rows:
        place = draw.randrange(len(rows))
        rows[place : place + 1] = draw.choice(([], [rows[place]] * 2))
    return _written(rows)


def _column_lost_or_twice(draw: random.Random, content: bytes) -> bytes:
    rows = _rows(content)
    width = max(map(len, rows), default=0)
    if width:
        place, many = draw.randrange(width), draw.choice((0, 2))
        rows = [[*row[:place], *row[place : place + 1] * many, *row[place + 1 :]] for row in rows]
    return _written(rows)


def _other_delimiter(draw: random.Random, content: bytes) -> bytes:
    return _written(_rows(content), draw.choice(";\t|"))


OF_TABLE: tuple[Mutation, ...] = (
    *(_another_cell, _another_cell, _another_cell, _another_cell, _cell_lost, _cell_more),
    *(_row_lost_or_twice, _column_lost_or_twice, _other_delimiter),
)

# ---------------------------------------------------------------- bytes


def _cut(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _something_in_it(draw: random.Random, content: bytes) -> bytes:
    place = draw.choice((0, draw.randrange(len(content) + 1)))
    return content[:place] + draw.choice(BYTES) + content[place:]


def _otherwise_encoded(draw: random.Random, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(draw.choice(("utf-16", "utf-8-sig", "latin-1", "utf-32")), "replace")


def _other_ends_of_lines(draw: random.Random, content: bytes) -> bytes:
    return content.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n", b"\x85")))


OF_BYTES: tuple[Mutation, ...] = (_cut, _something_in_it, _otherwise_encoded, _other_ends_of_lines)
