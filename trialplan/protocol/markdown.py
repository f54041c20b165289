"""Jinja2 templates to Markdown: everything printed is escaped, numbers are formatted, nothing is computed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from trialplan.errors import TrialplanError
from trialplan.files import shipped
from trialplan.plan.building import Trial
from trialplan.protocol.context import context
from trialplan.protocol.filters import FILTERS, Verbatim, escape


def render(trial: Trial, templates: Path | None = None) -> str:
    """The protocol as Markdown."""
    text = environment(templates or shipped("templates")).get_template("protocol.md.j2").render(context(trial))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def environment(folder: Path) -> Any:
    """Jinja2 with undefined names as errors, and every printed value escaped unless it is Verbatim."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    env = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is Markdown: `finalize` escapes for that
    )
    env.filters.update(FILTERS)
    return env


def _finalize(value: Any) -> str:
    if isinstance(value, Verbatim):
        return value
    if value is None:
        raise TrialplanError("a template prints a value that is not there; test for it, or use the filter `or_none`")
    return escape(str(value))
