"""What every section of a plan file shares: nothing unknown, nothing empty, nothing that changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_PROMISES = {"tbc", "tbd", "todo", "xxx", "n a", "not applicable", "to be confirmed", "to be determined", "to be done"}
"""What stands for a text that is still to be written; a checklist would take it for one."""

_WORD = re.compile(r"[^\W_]+")
_BLANK = re.compile(r"[\s.…?!*_\-–—/\[\]()\u00ad\u200b-\u200d\u2060\ufeff]*")
"""Texts of nothing but marks and spaces; a sign such as % is a text."""


def _said(text: str) -> str:
    """The text, if it is one: neither marks and spaces alone, nor a promise of one."""
    words = [one.group().lower() for one in islice(_WORD.finditer(text), 4)]
    if " ".join(words) in _PROMISES or _BLANK.fullmatch(text):
        raise PydanticCustomError("says_nothing", "must say something, or be left out and printed as missing")
    return text


_Said = AfterValidator(_said)

Text = Annotated[str, Field(min_length=1), _Said]
Line = Annotated[str, Field(min_length=1, max_length=500), _Said]
Name = Annotated[str, Field(min_length=1, max_length=100), _Said]


class Section(BaseModel):
    """A section of the plan: nothing in it may be unknown, nothing changes after reading, and no type is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True, strict=True)

    renamed: ClassVar[Mapping[str, str]] = {}
    """Keys of an earlier release, each with its name of today: refused, with the way out."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_old_keys(cls, data: Any) -> Any:
        for old in cls.renamed if isinstance(data, dict) else ():
            if old in data:
                raise PydanticCustomError("renamed", f"the key {old!r} is called {cls.renamed[old]!r} now; rename it")
        return {key: _fixed(value) for key, value in data.items()} if isinstance(data, dict) else data


def _fixed(value: Any) -> Any:
    """A file's lists as tuples: the types are strict, and what a plan says does not change."""
    return tuple(map(_fixed, value)) if isinstance(value, list) else value


def left_out(kind: type[Section]) -> Any:
    """The default of a section that a plan may leave out: itself, with nothing said."""
    return Field(default_factory=lambda: kind.model_validate({}))
