"""What every section of a plan file shares: nothing unknown, nothing empty, nothing that changes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Section(BaseModel):
    """A section of the plan: nothing in it may be unknown, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def left_out(kind: type[Section]) -> Any:
    """The default of a section that a plan may leave out: itself, with nothing said."""
    return Field(default_factory=lambda: kind.model_validate({}))
