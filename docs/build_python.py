"""Write docs/python.md from the docstrings; with --check, say whether it is current."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import trialplan
from trialplan import catalogue
from trialplan.cli import SERVING, VERBS, root
from trialplan.parameter import parameters
from trialplan.verbs import calls

PAGE = Path(__file__).with_name("python.md")

HEAD = """# Python

Written from the docstrings by `docs/build_python.py`; do not edit it by hand.
"""


class Pair(NamedTuple):
    """What is typed on the command line, and the one call that gives the same."""

    typed: str
    call: str


ANSWERING = [verb for verb in VERBS if verb not in SERVING]
"""Those that give an answer, which a call gives too; the others show all of these in another place."""

RATES = "two-proportions --control 0.3 --treatment 0.5"
DESIGN = "TwoProportions(control=0.3, treatment=0.5)"
LOOKS = f"GroupSequential(design={DESIGN}, looks=(0.5, 1))"
PLAN = "msc-lupus-nephritis"

PAIRS: dict[str, list[Pair]] = {
    "demo": [Pair("demo -o draft", 'demo("draft")')],
    "evidence": [
        Pair(f"evidence {PLAN}", f'read_evidence("{PLAN}")'),
        Pair(f"evidence {PLAN} --pool complete-remission", f'pool("{PLAN}", "complete-remission")'),
    ],
    "designs": [
        Pair("designs", "list_designs()"),
        Pair("designs two-proportions", 'list_designs("two-proportions")'),
    ],
    "size": [
        Pair(f"size {RATES} --power 0.9 --dropout 0.1", f"size({DESIGN}, 0.9, dropout=0.1)"),
        Pair(f"size {RATES} --looks 0.5,1", f"size({LOOKS})"),
    ],
    "power": [Pair(f"power {RATES} --n 186", f"power({DESIGN}, 186)")],
    "effect": [
        Pair("effect two-proportions --control 0.3 --n 186", "effect(TwoProportions(control=0.3), 186)"),
        Pair("effect adverse-event --n 300", "effect(AdverseEvent(rate=0.01), 300)"),
    ],
    "scenarios": [
        Pair(
            f"scenarios {RATES.split(' --treatment')[0]} --vary treatment=0.5:0.6:0.05",
            f'scenarios({DESIGN}, {{"treatment": "0.5:0.6:0.05"}})',
        ),
    ],
    "tornado": [
        Pair(f"tornado {PLAN}", f'tornado("{PLAN}")'),
        Pair(f"tornado {RATES} --vary control=0.2,0.4", f'tornado({DESIGN}, {{"control": (0.2, 0.4)}})'),
    ],
    "exclude": [Pair(f"exclude {RATES} --n 100,400", f"exclude({DESIGN}, [100, 400])")],
    "compare": [Pair(f"compare {RATES}", f"compare({DESIGN})")],
    "assurance": [Pair(f"assurance {PLAN} --n 400", f'assurance("{PLAN}", 400)')],
    "recruit": [
        Pair(f"recruit {PLAN} --n 60,120,254", f'recruit("{PLAN}", [60, 120, 254])'),
        Pair(
            f"recruit {RATES} --sites 20 --patients-per-year 4 --months 36",
            f"recruit({DESIGN}, sites=20, patients_per_year=4, months=36)",
        ),
    ],
    "duration": [
        Pair(f"duration {PLAN} --months 60", f'duration("{PLAN}", months=60)'),
        Pair("duration --sites 10 --patients-per-year 6 --n 60", "duration(sites=10, patients_per_year=6, n=60)"),
    ],
    "verify": [Pair(f"verify {RATES} --trials 2000", f"verify({DESIGN}, trials=2000)")],
    "monitor": [
        Pair(f"monitor {RATES} --looks 0.5,1 --events 20/47,14/47", f'monitor({LOOKS}, events="20/47,14/47")'),
    ],
    "reestimate": [Pair(f"reestimate {RATES} --blinded 23/60", f'reestimate({DESIGN}, blinded="23/60")')],
    "init": [Pair("init plan.toml", "starter_plan()")],
    "protocol": [Pair("protocol starter -o draft.md", 'render_protocol("starter", "draft.md")')],
    "check": [Pair("check draft.md", 'check("draft.md")')],
    "diff": [
        Pair(f"diff starter {PLAN}", f'diff("starter", "{PLAN}")'),
        Pair(f"diff starter --add {PLAN}-randomised", f'add_study("starter", "{PLAN}-randomised")'),
    ],
    "facts": [Pair("facts starter", 'facts("starter")')],
    "elicit": [Pair("elicit ada.md bo.md", 'elicit("ada.md", "bo.md")')],
    "reproduce": [
        Pair(
            f"reproduce {RATES} --power 0.8 --n 186",
            'reproduce("two-proportions", control=0.3, treatment=0.5, power=0.8, n=186)',
        ),
        Pair("reproduce etanercept-psoriasis", 'reproduce("etanercept-psoriasis")'),
        Pair("reproduce statements.csv", 'reproduce_table("statements.csv")'),
    ],
    "code": [Pair(f"code {RATES} --language r", f'code({DESIGN}, "r")')],
    "randomise": [
        Pair("randomise --arms a,b --n 60 --seed 7 -o list.json", 'randomise(arms=["a", "b"], n=60, seed=7)'),
        Pair(
            "randomise --arms a,b --n 60 --seed 7 --stratum sex=f,m --minimise 0.8 -o list.json",
            'minimise(arms=["a", "b"], factors={"sex": ["f", "m"]}, n=60, seed=7)',
        ),
    ],
    "schema": [Pair("schema", "schema()")],
}
"""Each verb beside its calls; a test runs both and compares what they give."""


def reference() -> str:
    """The page as the docstrings are now."""
    face = [name for name in trialplan.__all__ if callable(getattr(trialplan, name))]
    functions = [name for name in face if not inspect.isclass(getattr(trialplan, name))]
    designs = [*catalogue.designs().values(), *catalogue.wrappers().values()]
    others = [name for name in face if name not in functions and getattr(trialplan, name) not in designs]
    parts = [HEAD, _prose(trialplan), "## Each verb beside its call\n", *_table(), "\n## Calls\n"]
    parts += [_entry(name) for name in functions]
    parts += ["## Designs\n", *(_design(cls) for cls in designs), "## What they take and give\n"]
    return "\n".join([*parts, *(_entry(name) for name in others)])


def _table() -> Iterator[str]:
    yield "| verb | on the command line | in Python |\n|---|---|---|"
    for verb in ANSWERING:
        for at, pair in enumerate(PAIRS[verb]):
            yield f"| {'' if at else f'`{verb}`'} | `trialplan {pair.typed}` | `{pair.call}` |"


def _prose(thing: Any) -> str:
    """The docstring as Markdown: examples and tables, which are indented, stand in fences."""
    lines: list[str] = []
    for block in re.split(r"\n\n", inspect.getdoc(thing) or ""):
        if block.startswith(("    ", ">>>")):
            lines += ["```python" if ">>>" in block else "```text", inspect.cleandoc(block), "```", ""]
        elif block.startswith("References:"):
            lines += ["References:", "", *(f"- {line.strip()}" for line in block.splitlines()[1:]), ""]
        else:
            lines += [block, ""]
    return "\n".join(lines)


def _entry(name: str) -> str:
    thing = getattr(trialplan, name)
    try:
        shown = "" if inspect.isclass(thing) else str(inspect.signature(thing)).replace("'", "")
    except ValueError:
        shown = ""
    return f"### {name}\n\n```python\n{name}{shown}\n```\n\n{_prose(thing)}"


def _design(cls: type[Any]) -> str:
    numbers = "".join(
        f"| `{name}` | {declared.domain if not declared.choices else ', '.join(map(str, declared.choices))} | "
        f"{declared.meaning} |\n"
        for name, declared in parameters(cls).items()
    ).replace("| None |", "| |")
    return f"### {cls.__name__}\n\n{_prose(cls)}\n| number | domain | meaning |\n|---|---|---|\n{numbers}"


def main() -> int:
    """Write the page, or with --check compare it."""
    assert [*PAIRS, *SERVING] == [*ANSWERING, *SERVING]
    assert [*VERBS] == root.list_commands(None)  # type: ignore[arg-type]
    assert all(any(f"{name}(" in pair.call for pair in PAIRS[verb]) for verb in ANSWERING for name in calls(verb))
    text = reference()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/python.md is not what the docstrings say; run python docs/build_python.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
