"""The plan: a TOML file that names the evidence, the assumptions with their sources, and the endpoints to size."""

from __future__ import annotations

from trialplan.plan.assumptions import Assumption
from trialplan.plan.building import Endpoint, Trial, build
from trialplan.plan.reading import Plan, json_schema, read, starter

__all__ = ["Assumption", "Endpoint", "Plan", "Trial", "build", "json_schema", "read", "starter"]
