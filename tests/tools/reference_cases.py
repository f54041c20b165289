"""The reference cases of one file of `tests/reference`, and the list of those that do not agree."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "reference"

Adapters = Mapping[str, Callable[[Mapping[str, Any]], Any]]
"""By method what answers a case from its inputs: numbers by name, or None where no design does."""


class ReferenceCases:
    """Those in a file `NAME.jsonl`; of some of them `disagreements_NAME.toml` says why they do not agree.

    What is listed holds `ours`, the numbers that are given instead, by their names; without it no design answers.
    """

    def __init__(self, name: str) -> None:
        lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        self.cases = [json.loads(line) for line in lines]
        reasons = FOLDER / f"disagreements_{name}.toml"
        entries = tomllib.loads(reasons.read_text(encoding="utf-8"))["case"] if reasons.exists() else []
        self.listed = {entry["id"]: entry for entry in entries}

    @property
    def each(self) -> pytest.MarkDecorator:
        """One test for each case."""
        return pytest.mark.parametrize("case", self.cases, ids=lambda case: case["id"])

    def agrees_or_is_listed(self, case: Mapping[str, Any], adapters: Adapters) -> None:
        """Assert that a case agrees within its tolerance in all that both have, but for what is listed of it."""
        ours = adapters[case["method"]](case["inputs"])
        otherwise = self.listed.get(case["id"], {"ours": {}}).get("ours")
        if otherwise is None:
            assert ours is None
            return
        shared = [name for name in case["expected"] if name in ours]
        assert shared
        tolerance = case["tolerance"]["value"]
        limits = {"abs": tolerance, "rel": tolerance if case["tolerance"]["type"] == "rel" else 0}
        differing = {name for name in shared if ours[name] != pytest.approx(case["expected"][name], **limits)}
        assert differing == set(otherwise), {name: ours[name] for name in differing}
        for name, value in otherwise.items():
            assert ours[name] == pytest.approx(value, rel=1e-6), name

    def is_whole(self, adapters: Adapters) -> None:
        """Assert that the list has only cases that are there, each with its reason, and so have the adapters."""
        assert set(self.listed) <= {case["id"] for case in self.cases}
        assert all(entry["why"].endswith(".") for entry in self.listed.values())
        assert {case["method"] for case in self.cases} == set(adapters)
