"""A document of a version that amends a version that amends another holds two plans, and is checked."""

from tests.tools.small_plans import plan_text
from trialplan.verbs.planning import check, render_protocol


def test_the_latest_is_the_one(tmp_path):
    """The plan that no other one amends is the document's."""
    first = plan_text()
    (tmp_path / "v1.toml").write_text(first, encoding="utf-8")
    for version, power in ((2, 0.85), (3, 0.9)):
        text = first.replace("power = 0.8", f"power = {power}").replace(
            "[report]", f'[report]\namends = "v{version - 1}.toml"'
        )
        (tmp_path / f"v{version}.toml").write_text(text, encoding="utf-8")
    (written,) = render_protocol(str(tmp_path / "v3.toml"), tmp_path / "v3.md", document="statistics")
    found = check(written)
    assert found.ok
    assert found.page().data["statements"] is not None


def test_a_plan_does_not_amend_itself(tmp_path):
    """One sentence, before anything is written."""
    import pytest

    from trialplan.errors import PlanError

    (tmp_path / "v1.toml").write_text(plan_text().replace("[report]", '[report]\namends = "v1.toml"'), encoding="utf-8")
    with pytest.raises(PlanError, match="amends names the plan itself"):
        render_protocol(str(tmp_path / "v1.toml"), tmp_path / "v1.md", document="statistics")
    assert not (tmp_path / "v1.md").exists()
