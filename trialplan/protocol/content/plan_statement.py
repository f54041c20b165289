"""What a plan's own sample-size statement still lacks, by DELTA2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialplan.protocol.content.checklists import DELTA2
from trialplan.protocol.content.coverage import judge

_CHAPTERS = ("trial-design", "sample-size")
"""Where DELTA2 is about the number itself, and not about how a protocol came to it."""


def loose_ends(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the plan without which the statement is not complete, each once."""
    of_the_size = [one for one in judge(said).of(DELTA2) if one.chapter in _CHAPTERS]
    asked = (key for one in of_the_size for key in one.lacks)
    return tuple(dict.fromkeys([*asked, *_of_the_primary(said)]))


def _of_the_primary(said: Mapping[str, Any]) -> Iterator[str]:
    """What DELTA2 asks for where the primary has it: the reason of a margin, and the source of its losses."""
    for view in said["primaries"]:
        section = view.section
        if view.claim.about_margin and not section.margin_source:
            yield f"[[endpoint]] margin_source ({section.name})"
        if section.dropout and not section.dropout_source:
            yield f"[[endpoint]] dropout_source ({section.name})"
