"""Every key of a plan file says what it is for: the page of keys and the complaints of a missing key print it."""

from trialplan.plan.reading import json_schema


class TestKeys:
    def test_each_has_a_meaning(self):
        """Of its own, or that of the section that it holds."""
        schema = json_schema()
        kinds = {"PlanFile": schema} | schema["$defs"]
        silent = [
            f"{kind}.{key}"
            for kind, node in kinds.items()
            for key, one in node.get("properties", {}).items()
            if not one.get("description") and not [*_leads(one)]
        ]
        assert silent == []


def _leads(node):
    """The sections that a key leads to."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for inner in node.values():
            yield from _leads(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _leads(inner)
