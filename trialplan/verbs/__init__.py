"""The verbs as calls: what each does on the command line, one function does here, and the command line calls it.

Nothing that computes is imported before a function needs it.
"""

from __future__ import annotations

ANSWERED_BY = {
    "evidence": ("read_evidence", "pool"),
    "designs": ("list_designs",),
    "diff": ("diff", "add_study"),
    "init": ("starter_plan",),
    "protocol": ("render_protocol",),
    "randomise": ("randomise", "minimise"),
    "reproduce": ("reproduce", "reproduce_table"),
}
"""The calls of a verb whose name is another one, because a package bears it, or that answers several questions."""


def calls(verb: str) -> tuple[str, ...]:
    """The names of the functions that do what a verb does, the plain question first."""
    return ANSWERED_BY.get(verb, (verb,))
