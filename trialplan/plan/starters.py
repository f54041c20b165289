"""Plans to start from, by the document that they are to make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from trialplan.plan.reading import starter
from trialplan.plan.registration import Registration

_CONDUCT = "# How the trial is run is said in"
"""Where the starter begins to speak of the protocol's other sections."""

_STATISTICS = """# How the trial is run stays out: this plan makes the sample size and the analysis alone.
# What the analysis does besides the tests that the endpoints name is said in [analysis]; what is left out is one item
# of a list.
"""

_COMMITTEE = """# The rule that the committee follows. Without it the sheet is of harms alone.
[monitoring]
looks = [0.5, 1.0]
efficacy = "lan-demets-obrien-fleming"
futility = "conditional-power(0.2)"
# harm_certainty = 0.95 # how probable it is, where the sheet asks to consider stopping, that a harm is more likely
# why, reviewer, blinded and after_stop say in words who looks, who does not, and what becomes of a stop; [oversight]
# committee and stopping who sits there and what else stops the trial. What is left out is named as missing.
"""

_REGISTRATION = (
    "# What only a registry asks for. A key that is left out is named as missing, save number and acronym, which a",
    "# trial need not have.",
    "[registration]",
)


def starter_for(document: str) -> str:
    """The text of a plan to start from that makes this document where none is asked for."""
    if document == "protocol":
        return starter()
    before = starter().partition(_CONDUCT)[0]
    report = f'[report]\ndocument = "{document}"\n'
    return "\n".join([before.rstrip("\n") + "\n", *_further(document), report])


def _further(document: str) -> Iterator[str]:
    """What the document asks of a plan besides."""
    if document == "statistics":
        yield _STATISTICS
    if document == "committee":
        yield _COMMITTEE
    if document == "registry":
        yield "\n".join([*_REGISTRATION, *map(_key, Registration.model_fields), ""])


def _key(name: str) -> str:
    """A key of `[registration]` as a comment, with what it says and may be."""
    field = Registration.model_fields[name]
    allowed = " | ".join(f'"{one}"' for one in _choices(field.annotation)) or (
        "true | false" if bool in get_args(field.annotation) else ""
    )
    words = ": ".join(filter(None, [field.description, allowed]))
    kinds = [get_origin(kind) for kind in (field.annotation, *get_args(field.annotation))]
    value = "[…]" if tuple in kinds else "…"
    return f"# {name} = {value}{f'  # {words}' if words else ''}"


def _choices(kind: Any) -> Iterator[Any]:
    """The values that a type allows, where it names them."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    else:
        for part in get_args(kind):
            yield from _choices(part)
