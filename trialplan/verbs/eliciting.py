"""What experts believe: a sheet to send out, and what several that come back say together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trialplan.verbs._arguments import path_like

if TYPE_CHECKING:
    from trialplan.belief.experts import Elicited


def elicitation_sheet() -> str:
    """The text of a sheet for one expert: write the question into it, send it out, and give it to `elicit`.

    >>> "Name: ____" in elicitation_sheet()
    True
    """
    from trialplan.plan.elicitation_sheet import SHEET

    return SHEET


def elicit(*sheets: str | Path, family: str = "beta", pool: str = "linear") -> Elicited:
    """What do several experts believe of one number? A distribution fitted to each one's sheet, and their pool.

    `family` is beta for a rate, else normal or log-normal; `pool` is linear or logarithmic. `.belief` goes into
    `assurance(beliefs=…)`, `.figure()` draws the curves.
    """
    from trialplan.belief.experts import elicited
    from trialplan.plan.elicitation_sheet import read_sheet

    paths = [Path(path_like("elicit", sheet, "the path of a sheet that was filled in")) for sheet in sheets]
    return elicited([read_sheet(path) for path in paths], family, pool)
