"""The trial that a fixed one becomes where it is looked at early."""

from __future__ import annotations

from typing import Any

from trialplan.design import Design


def with_looks(design: Design, **rule: Any) -> Design:
    """The design with looks: its own way, counted exactly where it counts so, by normal theory elsewhere."""
    own = design.looked_at(**rule)
    if own is not None:
        return own
    if design.looks_by_counts:
        from trialplan.sequential.exact_group_sequential import ExactGroupSequential

        return ExactGroupSequential(design=design, **rule)
    from trialplan.sequential.group_sequential import GroupSequential

    return GroupSequential(design=design, **rule)
