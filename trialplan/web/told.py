"""A complaint as a visitor reads it: without the key of what was opened, and without a path of this machine."""

from __future__ import annotations

import re

from trialplan.web.shelf import KEY

_PATH = re.compile(rf"(?:/[^\s/]+)*/{KEY}/")


def told(why: Exception) -> str:
    """The sentence."""
    return re.sub(KEY, "the plan that you opened", _PATH.sub("", str(why)))
