"""The protocol: a built plan turned into one Markdown text, and that text into documents."""

from __future__ import annotations

from trialplan.protocol.content.context import context, covered
from trialplan.protocol.formats.documents import SUFFIXES, write
from trialplan.protocol.formats.markdown import render

__all__ = ["SUFFIXES", "context", "covered", "render", "write"]
