"""Every error that a user can meet.

TrialplanError                one sentence with the value, the domain and the way out; exit code 2
├── ParameterError            a number or a choice outside the domain that a design declares
├── UnreachableError          no number of participants reaches the power asked for
├── FileError                 a file that cannot be found, read or written
│   ├── EvidenceError         an evidence table that does not say what a table must say
│   └── PlanError             a plan that cannot be built as it is written
└── MissingExtra              an optional library that is not installed
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from types import ModuleType


class TrialplanError(Exception):
    """What went wrong, in one sentence that names the value and the way out."""


class ParameterError(TrialplanError, ValueError):
    """A number or a choice outside the domain that a design declares for it."""


class UnreachableError(TrialplanError, ValueError):
    """No number of participants reaches the power asked for."""


class FileError(TrialplanError):
    """A file that cannot be found, read or written."""


class EvidenceError(FileError):
    """An evidence table that does not say what a table must say."""


class PlanError(FileError):
    """A plan that cannot be built as it is written."""


class MissingExtra(TrialplanError, ImportError):
    """An optional library that is not installed."""


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """The optional library `module`, or the sentence that says which command installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(
            f"{purpose} needs {module}, which is not installed: pip install 'trialplan[{extra}]'"
        ) from error


def did_you_mean(name: str, known: Iterable[str], likeness: float = 0.5) -> str:
    """The tail of a sentence about an unknown name: the nearest known one, or all of them."""
    import difflib

    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=likeness)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
