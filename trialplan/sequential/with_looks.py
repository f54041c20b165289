"""The trial that a fixed one becomes where it is looked at early."""

from __future__ import annotations

from typing import Any

from trialplan.design import Design
from trialplan.sequential.base import WithLooks


def with_looks(design: Design, **rule: Any) -> WithLooks:
    """The design with looks: counted exactly where it is one arm with the exact test, by normal theory elsewhere."""
    if design.looks_by_counts:
        from trialplan.sequential.exact_group_sequential import ExactGroupSequential

        return ExactGroupSequential(design=design, **rule)
    from trialplan.sequential.group_sequential import GroupSequential

    return GroupSequential(design=design, **rule)
