"""The protocol: a built plan turned into one Markdown text, and that text into documents."""

from __future__ import annotations

from trialplan.protocol.context import context, covered
from trialplan.protocol.documents import SUFFIXES, write
from trialplan.protocol.markdown import render

__all__ = ["SUFFIXES", "context", "covered", "render", "write"]
