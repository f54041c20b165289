"""Every error that a user can meet.

TrialplanError                one sentence with the value, the domain and the way out; exit code 2
├── ParameterError            a number or a choice outside the domain that a design declares
├── UnreachableError          no number of participants reaches the power asked for
├── FileError                 a file that cannot be found, read or written
│   ├── EvidenceError         an evidence table that does not say what a table must say
│   └── PlanError             a plan that cannot be built as it is written
└── MissingExtra              an optional library that is not installed

An error has parts, so that whoever shows it tells it in the words of its reader: where a sentence names a field, the
field is marked by `field`, and is an option on the command line, a key in a plan.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

_MARK = "\0"  # nothing that is typed holds it: neither an argument of a command line nor a TOML file may
_VALUE = "\1"  # stands around a value of the field before it: as it is typed, and the field with it as in Python


OUT_OF_MEMORY = "it needs more memory than there is; ask for less: fewer participants, trials, looks or values"
"""Where an array does not fit: whoever tells it says of what."""


def field(name: str) -> str:
    """The name of a field inside a reason or a way out, marked so that it can be told in the reader's words."""
    return f"{_MARK}{name}{_MARK}"


def setting(name: str, typed: object, in_python: str = "") -> str:
    """A field with a value, as an example gives it: `--n 120` where the field is an option, else `n=120`.

    A text is quoted in Python; `in_python` is how it is written there where it is written otherwise.
    """
    value = f'"{typed}"' if isinstance(typed, str) else typed
    return f"{field(name)}{_VALUE}{typed}{_VALUE}{in_python or f'{name}={value}'}{_VALUE}"


def _told(text: str, names: Mapping[str, str]) -> str:
    pieces = text.split(_MARK)  # every second one is a field
    told, before = [], ""
    for at, piece in enumerate(pieces):
        if at % 2:
            before = piece
            if not pieces[at + 1].startswith(_VALUE):
                told.append(names.get(piece, piece))
        elif piece.startswith(_VALUE):
            _, typed, written, rest = piece.split(_VALUE)
            told.append(f"{names[before]} {typed}" if before in names else written)
            told.append(f",{rest}" if rest == " " and before not in names else rest)  # of two settings in a row
        else:
            told.append(piece)
    return "".join(told)


class TrialplanError(Exception):
    """What went wrong, in one sentence that names the value and the way out.

    >>> error = ParameterError("must lie in (0, 1), not 60", owner="TwoProportions", parameter="control", value=60,
    ...                        way_out=f"write 60 % as 0.6, and see {field('alpha')}")
    >>> print(error)
    TwoProportions: control must lie in (0, 1), not 60; write 60 % as 0.6, and see alpha
    >>> error.worded({"control": "--control", "alpha": "--alpha"})
    '--control must lie in (0, 1), not 60; write 60 % as 0.6, and see --alpha'
    """

    def __init__(
        self,
        reason: str = "",
        *,
        owner: object = "",
        parameter: str = "",
        value: Any = None,
        way_out: str = "",
        place: str = "",
    ) -> None:
        """`owner` is the design or the function that complains, or its name; `parameter` is what the reason is said of.

        A reason alone is a sentence; `place` is where in a file the complaint belongs.
        """
        super().__init__(reason)
        self.owner: str = owner if isinstance(owner, str) else getattr(owner, "__name__", type(owner).__name__)
        self.parameter, self.value, self.place, self._way_out = parameter, value, place, way_out

    @property
    def reason(self) -> str:
        """What is wrong; where there is a parameter, said of it."""
        return _told(str(self.args[0]), {})

    @property
    def way_out(self) -> str:
        """What to do about it; empty where the reason says all."""
        return _told(self._way_out, {})

    @property
    def sentence(self) -> str:
        """What is wrong and the way out, without who complains: what a table prints."""
        return self.worded({})

    def worded(self, names: Mapping[str, str]) -> str:
        """The sentence with these words for the fields that it names."""
        subject = [field(self.parameter)] if self.parameter else []
        told = " ".join([*subject, str(self.args[0])])
        join = " " if self._way_out.startswith("(") else "; "
        return _told(join.join(filter(None, [told, self._way_out])), names)

    def __str__(self) -> str:
        """The sentence, with where it belongs and who complains in front."""
        return ": ".join(filter(None, [self.place, self.owner, self.sentence]))

    def at(self, place: str, kind: type[TrialplanError]) -> TrialplanError:
        """The same complaint as an error of this kind, with where it belongs in front."""
        error = kind(*self.args)
        vars(error).update(vars(self), place=": ".join(filter(None, [place, self.place])))
        return error


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


def require_installed(module: str, extra: str, purpose: str) -> None:
    """The same, without reading the library, where it is first used later, or by another process."""
    if module not in sys.modules and importlib.util.find_spec(module) is not None:
        return
    require(module, extra, purpose)


_LISTED = 20
"""Names that a sentence lists, at the most: of more than can be read in a line or two it names the nearest."""

_NEAREST = 5
"""Names that it then gives, where none is so near that it must be meant."""


def did_you_mean(name: str, known: Iterable[str], likeness: float = 0.5, most: int = _LISTED) -> str:
    """The tail of a sentence about an unknown name: the nearest known one, or all of them up to `most`."""
    import difflib

    known = list(known)
    name = str(name)  # whatever was typed or passed
    same = [one for one in known if one.casefold() == name.casefold()]
    near = same or difflib.get_close_matches(name, known, n=1, cutoff=likeness)
    if near:
        return f"did you mean {near[0]!r}?"
    if len(known) <= most:
        return f"known are {', '.join(known)}"
    nearest = difflib.get_close_matches(name, known, n=_NEAREST, cutoff=0.0)
    return f"nearest are {', '.join(nearest)}, of {len(known)}"
