"""A complaint as a visitor reads it: without the key of what was opened, and without a path of this machine."""

from __future__ import annotations

import re
import tempfile

from trialplan.web.shelf import KEY

_PATH = re.compile(rf"(?:/[^\s/]+)*/{KEY}/")


def told(why: Exception) -> str:
    """The sentence."""
    made = re.compile(rf"{re.escape(tempfile.gettempdir())}(?:/[^\s/]+)*/")  # what is taken away is made there
    return re.sub(KEY, "the plan that you opened", made.sub("", _PATH.sub("", str(why))))


def of_the_machine(why: OSError) -> str:
    """What the machine has no room for, or cannot do, without saying where on it."""
    reason = (why.strerror or str(why)).lower()
    return f"this machine cannot do it just now ({reason}); try again, or tell whoever runs the explorer"
