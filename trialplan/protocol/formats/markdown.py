"""The plan's objects to one Markdown text, by Jinja2: everything printed is escaped, nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trialplan.plan.building import Trial
from trialplan.protocol.content.printed_words import printer
from trialplan.protocol.content.readers import Document, document
from trialplan.protocol.formats import house_style as house
from trialplan.protocol.formats.pictures import Picture, pictures

PROTOCOL = "protocol"
"""The document that is made where none is named."""

_WITHOUT = "**Figure.** "
"""How a figure begins that is told in words. No text of a plan can begin a line so, nor with ": " or "!["."""

PRINTED = "follow"
"""Where the files that a document is made from are, if it prints them."""

_CAPTIONS = {": ": (": ", "Table"), "![": ("![", "Figure"), _WITHOUT: ("", "Figure")}
"""By how a caption begins: what stands before its number, and what is numbered."""


_ALONE = {"prints_sources": True, "carries_sources": True, "kept_where": PRINTED}
"""What a text that stands alone does with its sources."""


def render(trial: Trial, templates: Path | None = None, kind: str = PROTOCOL) -> str:
    """A document as Markdown that stands alone: its figures in words and as tables of their data."""
    asked = document(kind)
    return text_of(trial, asked.context(trial), pictures(trial) if asked.long else {}, templates)


def text_of(
    trial: Trial, objects: Mapping[str, Any], shown: Mapping[str, Picture], templates: Path | None = None
) -> str:
    """The document that the objects are for as Markdown, with these pictures."""
    asked: Document = objects["document"]
    with house.told(templates):
        env = house.environment(templates)
        wanted = house.chosen(env, trial.plan.content.report, str(objects["plan_name"]), asked.template)
        text = env.get_template(asked.template).render({**_ALONE, **objects, "sections": wanted, "pictures": shown})
    return "\n".join(_tidied(text.strip().split("\n"), printer(objects["studies"]))) + "\n"


_PERCENT = re.compile(r"(?<!\\)(`+).*?(?<!`)\1(?!`)|(?<=\d) (?=%)", re.DOTALL)
"""Code, which is left alone, or what stands between a number and its per-cent sign."""


def unbroken(text: str) -> str:
    """The text with every number on one line with its per-cent sign, for formats that break lines."""
    return _PERCENT.sub(lambda found: found[0] if found[1] else "\u00a0", text)


def _tidied(lines: list[str], printed: Callable[[str], str]) -> Iterator[str]:
    """Tables and figures numbered, and empty lines one at a time; what stands in a fence is left alone."""
    counts = {"Table": 0, "Figure": 0}
    fence, before = "", "-"
    for line in lines:
        closes = bool(fence) and line.startswith(fence) and not line.strip("`")
        if not fence:
            fence = opened[0] if (opened := re.match("`{3,}", line)) else ""
            if before.strip() and re.match("#{1,6} ", line):  # pandoc takes a heading for one after an empty line only
                yield ""
            if line.strip() or before.strip():
                yield printed(_numbered(line, counts))
        else:
            fence = "" if closes else fence
            yield line
        before = line


def _numbered(line: str, counts: dict[str, int]) -> str:
    """The line with its number, where it is the caption of a table or a figure."""
    for opening, (before, what) in _CAPTIONS.items():
        if line.startswith(opening):
            counts[what] += 1
            return f"{before}**{what} {counts[what]}.** {line.removeprefix(opening)}"
    return line
