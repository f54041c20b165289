"""What the process reads from which the others are forked: the library, and the first plan, sized."""

from __future__ import annotations

from pathlib import Path

from trialplan.web import tasks
from trialplan.web.shelf import Shelf
from trialplan.web.state import State
from trialplan.web.subject import Subject

FIRST = Subject(State(), Shelf(Path())).answer
"""What is remembered of it, such as the belief that is borrowed from control arms, is remembered by all."""

TASKS = tasks.TASKS
