"""A plan whose participants take the treatments in turn says that what is given wears off."""

import tomllib
from pathlib import Path

import pytest

from trialplan.errors import PlanError
from trialplan.protocol.content.figures import schema
from trialplan.verbs.planning import build, read_plan

ROOT = Path(__file__).resolve().parents[2]
PLAN = (ROOT / "examples" / "asthma-crossover" / "plan.toml").read_text(encoding="utf-8")


def built(tmp_path, text, table="asthma-crossover"):
    """The trial of an edited plan, beside the table of a shipped one."""
    (tmp_path / "evidence.toml").write_bytes((ROOT / "examples" / table / "evidence.toml").read_bytes())
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    return build(read_plan(str(tmp_path / "plan.toml")))


def test_a_crossover_from_another_field(tmp_path):
    """Twelve in each order have ninety percent by the t of 22 degrees of freedom, and fourteen are randomised."""
    trial = built(tmp_path, PLAN)
    assert (trial.answer.n, trial.n_randomised) == (24, 28)
    assert trial.design.degrees_of_freedom(24) == 22


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("reversible = false", "cannot be taken back"),
        ("", "must wear off before the next; say reversible = true"),
        ("reversible = true\nwashout_ = 1", "washout"),
    ],
)
def test_the_gate_asks(tmp_path, said, told):
    """Nothing said, no washout, or something that is for good: one sentence each, with the way out."""
    start = PLAN.index("reversible = true")
    text = PLAN[:start] + said.partition("\n")[0] + PLAN[PLAN.index("\n\n[evidence]") :]
    tomllib.loads(text)
    with pytest.raises(PlanError, match=told) as why:
        built(tmp_path, text)
    assert "side by side" in str(why.value)
    assert "\n" not in str(why.value)


def test_cells_cannot_be_crossed_over(tmp_path):
    """The first example refuses a crossover, for what it gives is for good."""
    shipped = (ROOT / "examples" / "msc-lupus-nephritis" / "plan.toml").read_text(encoding="utf-8")
    text = shipped.replace('design = "two-proportions"', 'design = "crossover"', 1)
    with pytest.raises(PlanError, match="reversible = false"):
        built(tmp_path, text, "msc-lupus-nephritis")


def test_a_third_treatment_is_refused(tmp_path):
    """A plan has names for two."""
    text = PLAN.replace('sequences = "AB/BA"', 'sequences = "ABC/BCA/CAB"', 1)
    with pytest.raises(PlanError, match=r"these sequences give C, too.*trialplan size crossover"):
        built(tmp_path, text)


def test_the_schema_shows_the_order_of_the_treatments(tmp_path):
    """A box for each sequence, with half of the participants."""
    drawn = schema(trial := built(tmp_path, PLAN))
    named = trial.plan.content.trial
    first, second = named.treatment_name, named.control_name
    assert drawn.arms == [(f"{first}, then {second}", 14), (f"{second}, then {first}", 14)]
    assert drawn.allocation == "1:1"
    assert [row[0] for row in drawn.table()[1]][1:3] == ["sequence", "sequence"]
