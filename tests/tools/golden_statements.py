"""What a document says of its number for each design, goal and scale: kept in a file that a person has read.

`python tests/tools/golden_statements.py` (or `make docs`) writes it anew; a test holds the documents against it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from drawn_plans import of_every_kind
from small_plans import prose

KEPT = Path(__file__).parents[1] / "protocol" / "golden" / "statements.md"


def statements() -> dict[str, str]:
    """The statement and the target difference of every kind of plan, by its name."""
    found = {}
    for name, plan in of_every_kind():
        with tempfile.TemporaryDirectory() as folder:
            text = prose(plan.built(Path(folder)))
        statement = re.search(r"\*Statistically:\* (.*)", text)[1]
        target = text.split("## Target difference")[1].split(" **Basis:**")[0].strip()
        decision = re.search(r"\*\*Provisional\.\*\* (.*?)\.\n", text, re.S)[1].replace("\n", " ")
        found[name] = f"{decision}.\n\n{statement}\n\n{target}"
    return found


def written(found: dict[str, str]) -> str:
    """The file."""
    parts = [f"## {name}\n\n{words}\n" for name, words in found.items()]
    return "# What a document says of its number\n\n" + "\n".join(parts)


def kept() -> dict[str, str]:
    """What the file holds, by name."""
    parts = KEPT.read_text(encoding="utf-8").split("\n## ")[1:]
    return {name: words.strip() for name, _, words in (part.partition("\n") for part in parts)}


if __name__ == "__main__":
    text = written(statements())
    if "--check" in sys.argv:
        sys.exit(0 if KEPT.read_text(encoding="utf-8") == text else f"{KEPT.name} is not what documents say")
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(text, encoding="utf-8")
