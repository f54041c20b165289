"""What the documents of each reader say of two plans, as it is kept in tests/protocol/golden.

`python tests/tools/golden_documents.py` writes them anew: read what changed before it is kept.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from small_plans import built, endpoint, stated

from trialplan.protocol import render

GOLDEN = Path(__file__).parents[1] / "protocol" / "golden"

LOOKS = """
[monitoring]
looks = [0.5, 1]
efficacy = "lan-demets-obrien-fleming"
futility = "z(0)"
reviewer = "The committee's statistician"

[oversight]
committee = "Three people"

[registration]
brief_title = "A trial for everybody"
masked = ["participant"]
control_type = "placebo comparator"
"""

HARM = endpoint("infection", "safety", "adverse-event", stated(rate=0.05))

PLANS = {
    "responses": {
        "changes": [('allocation = "1:1"', 'allocation = "2:1"')],
        "dropout": 0.1,
        "endpoints": HARM,
        "more": LOOKS,
    },
    "measurements": {
        "design": "ancova",
        "settings": 'scale = "ratio"\nfavourable = "lower"',
        "assumptions": stated(ratio=0.75, sd=0.8, correlation=0.4),
        "target": 0.75,
        "more": LOOKS,
    },
}
"""A plan of responses, with losses and a harm, and one of measurements, of which fewer is better."""

ENDS = {"statistics": "# Sample size"}
"""Where a text ends that is kept; what follows is the protocol's own, or the plan."""


SHEETS = ("statement", "committee", "registry")
"""The documents that take a moment; the statistical one weighs what else the number could be."""


def documents(kinds: tuple[str, ...] = ("statistics", *SHEETS)) -> dict[str, str]:
    """Each text by the name of its file."""
    found = {}
    for name, how in PLANS.items():
        with tempfile.TemporaryDirectory() as folder:
            trial = built(Path(folder), **how)
            for kind in kinds:
                text = render(trial, kind=kind).split(ENDS.get(kind, "::: new-page"))[0]
                found[f"{kind}-{name}.md"] = text.rstrip("\n") + "\n"
    return found


def main() -> int:
    """Write the texts, or with --check compare them."""
    texts, told = documents(), 0
    for name, text in texts.items():
        if "--check" not in sys.argv[1:]:
            GOLDEN.mkdir(exist_ok=True)
            (GOLDEN / name).write_text(text, encoding="utf-8")
        elif not (GOLDEN / name).is_file() or (GOLDEN / name).read_text(encoding="utf-8") != text:
            print(f"{name} is not what the document says; run python tests/tools/golden_documents.py", file=sys.stderr)
            told = 1
    return told


if __name__ == "__main__":
    sys.exit(main())
