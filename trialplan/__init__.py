"""trialplan: from a small table of uncontrolled studies to a sample size that can be defended.

The public names are fetched when they are first used, so `import trialplan` costs nothing:

    >>> import trialplan
    >>> trialplan.TwoProportions(control=0.3, treatment=0.5).sample_size(0.8).arms
    {'treatment': 93, 'control': 93}
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "AdverseEvent": "trialplan.designs.adverse_event",
    "Ancova": "trialplan.designs.ancova",
    "Design": "trialplan.design",
    "ExactGroupSequential": "trialplan.sequential.exact_group_sequential",
    "GroupSequential": "trialplan.sequential.group_sequential",
    "OneProportion": "trialplan.designs.one_proportion",
    "RatioOfMeans": "trialplan.designs.ratio_of_means",
    "SampleSize": "trialplan.answers",
    "Simon": "trialplan.designs.simon",
    "Sized": "trialplan.design",
    "TrialplanError": "trialplan.errors",
    "TwoMeans": "trialplan.designs.two_means",
    "TwoStage": "trialplan.designs.two_stage",
    "TwoProportions": "trialplan.designs.two_proportions",
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'trialplan' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
