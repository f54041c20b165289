"""Whether a study has a control: what its cell says of one, read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialplan.evidence.table import Study

_NO_CONTROL = re.compile(
    r"\s*(none|nil|nr|nd|n/a|historical\w*|external\w*|before|baseline|no\s+(concurrent|control|compar)\w*|(no|-|–)\s*$)(?!\w)",
    re.IGNORECASE,
)


def has_concurrent_control(study: Study) -> bool:
    """Whether the study compares the treatment with its absence in the same period; doses of it do not."""
    return study.control is not None and not _NO_CONTROL.match(study.control)
