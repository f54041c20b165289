"""What is printed at the end of a document so that it can be checked on its own: the plan and its tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialplan.errors import PlanError
from trialplan.plan.amendments import earlier_plan
from trialplan.plan.reading import Plan

TABLE = "evidence.toml"
"""The file of a shipped table."""

_TAB = 4
"""Columns of a tab in a plan that is printed: as editors show it, and no two formats differ."""


@dataclass(frozen=True, kw_only=True)
class EmbeddedSource:
    """One file that a document is made from: the name that it goes by, and its text as it is printed."""

    name: str
    text: str
    what: str = "evidence table"

    @property
    def label(self) -> str:
        """What a table of sources calls it."""
        return self.what.removesuffix(" table").capitalize()

    @property
    def digest(self) -> str:
        """The SHA-256 digest of the printed text."""
        return digest(self.text)

    @property
    def language(self) -> str:
        """What the text is written in."""
        return "csv" if self.name.lower().endswith(".csv") else "toml"

    @property
    def fence(self) -> str:
        """Backticks that no line of the text can close."""
        longest = max(map(len, re.findall("`+", self.text)), default=0)
        return "`" * max(3, longest + 1)


def canonical(text: str) -> str:
    """A file's text as every format can print it: tabs as spaces, one blank line at most, one line end at the end.

    Most files are so already; then the digest is that of the file itself.
    """
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").expandtabs(_TAB).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def digest(text: str) -> str:
    """The SHA-256 digest of a text in its canonical form."""
    return hashlib.sha256(canonical(text).encode()).hexdigest()


def sources(plan: Plan) -> tuple[EmbeddedSource, ...]:
    """The tables that the plan rests on, in the order in which it names them; what it amends, with its own."""
    own = tuple(EmbeddedSource(name=name, text=canonical(plan.table_text(name))) for name in tables(plan))
    earlier = earlier_plan(plan)
    if earlier is None:
        return own
    texts = {one.name: one.text for one in own}
    further = [EmbeddedSource(name=name, text=canonical(earlier.table_text(name))) for name in tables(earlier)]
    for one in further:
        if texts.get(one.name, one.text) != one.text:
            raise PlanError(
                f"{plan.name}, [report]: {earlier.name} reads another table under the name {one.name}, and a document "
                "that holds both could not tell them apart; give the new one a name of its own"
            )
    amended = EmbeddedSource(name=earlier.name, text=canonical(earlier.text), what="earlier plan")
    return (*own, *(one for one in further if one.name not in texts), amended)


def tables(plan: Plan) -> tuple[str, ...]:
    """The names of all tables that the plan reads, each once; a table may name one of randomised evidence."""
    said = list(dict.fromkeys(named(plan.content.model_dump())))
    further = (plan.table(name).randomised for name in said)
    return tuple(dict.fromkeys([*said, *filter(None, further)]))


def studies(plan: Plan) -> dict[str, str]:
    """What a reader is told each study of those tables, and each source, is called, by its key."""
    cited = {one.key: one.citation[: len(one.key)] for one in plan.content.reference}
    sources = {key: name for key, name in cited.items() if name.casefold() == key.casefold()}
    return sources | {study.key: study.called for name in tables(plan) for study in plan.table(name).studies}


def named(node: Any) -> Iterator[str]:
    """The tables that a plan's content names: whatever stands under a key `table`, wherever in the plan."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "table" and isinstance(value, str):
                yield value
            else:
                yield from named(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from named(value)
