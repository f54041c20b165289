"""A plan is of one trial: a design takes arrays of its numbers, one for each of many trials, and a plan does not."""

import json

import pytest
from small_plans import endpoint, plan_text, stated

from trialplan import catalogue
from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.parameter import Interval, parameters, typical
from trialplan.plan import build, read
from trialplan.web import tasks
from trialplan.web.shelf import Shelf

PLANNED = {slug: cls for slug, cls in catalogue.designs().items() if not (cls.of_groups or cls.in_turn)}
SECOND = endpoint("second", "primary", "two-proportions", stated(control=0.3, treatment=0.5), dropout=0.1)


def refusal(folder, text):
    """What is said of a plan."""
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrialplanError) as refused:
        build(read(str(path)))
    return str(refused.value)


@pytest.mark.parametrize("slug", PLANNED)
def test_of_every_design(slug, tmp_path):
    """Two values of a number that is no vector are refused by its name, as primary where it can be one."""
    cls = PLANNED[slug]
    numbers, known = typical(cls), parameters(cls)
    own = [name for name in numbers if isinstance(known[name].domain, Interval) and not known[name].axis]
    assert own or any(known[name].axis for name in numbers)
    for name in own[:2]:
        given = numbers | {name: [numbers[name], numbers[name]]}
        assumed = stated(**{one: json.dumps(value) for one, value in given.items() if not isinstance(value, str)})
        settings = "".join(f'{one} = "{value}"\n' for one, value in given.items() if isinstance(value, str))
        if issubclass(cls, Design):
            own_losses = [('missing = "non-response"\n', "")] if cls.loses_by else ()
            text = plan_text(design=slug, settings=settings, assumptions=assumed, changes=own_losses)
        else:
            text = plan_text(endpoints=endpoint("other", "secondary", slug, assumed, settings=settings))
        told = refusal(tmp_path, text)
        assert f"{name} must be one number, not {numbers[name]}, {numbers[name]}; a plan is of one trial" in told


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ({"settings": "alpha = [0.05, 0.01]"}, "endpoint 'response at 12 months': alpha must be one number"),
        (
            {"endpoints": SECOND, "more": '[family]\nrule = "co-primary"\nalpha = [0.05, 0.01]\n'},
            "[family]: alpha must be one number, not 0.05, 0.01",
        ),
        (
            {"more": '[arms]\nnames = ["a", "b"]\nalpha = [0.05, 0.01]\n'},
            "[arms]: alpha must be one number, not 0.05, 0.01",
        ),
    ],
)
def test_of_what_is_chosen(more, hint, tmp_path):
    """A level, of an endpoint or of a rule, is one too, and the sentence says where it stands."""
    assert hint in refusal(tmp_path, plan_text(**more))


@pytest.mark.parametrize("rule", catalogue.over_arms())
def test_a_design_is_no_array(rule, tmp_path):
    """Every rule of [arms] is put around the primary endpoint's design, which is one trial's."""
    path = tmp_path / "plan.toml"
    path.write_text(plan_text(more=f'[arms]\nnames = ["a", "b"]\nrule = "{rule}"\n'), encoding="utf-8")
    assert build(read(str(path))).design.slug() == rule


def test_a_vector_is_one_number_for_each_stratum(tmp_path):
    """Of what is a vector by itself there is still one for each."""
    numbers = stated(control=[0.2, 0.4], difference=0.2)
    path = tmp_path / "plan.toml"
    path.write_text(plan_text(design="stratified-proportions", assumptions=numbers), encoding="utf-8")
    assert build(read(str(path))).answer.design.control == (0.2, 0.4)


@pytest.mark.parametrize("page", ["design", "take-away", "scenarios"])
def test_the_explorer_tells_it(page, tmp_path):
    """As a sentence, of one of two primary endpoints and three arms."""
    query = "plan=msc-lupus-nephritis-doses&endpoint.1.assumptions.sd.value=0.1%2C0.2"
    shown = tasks.page(Shelf(tmp_path), page, query, False)
    assert 'class="wrong"' in shown
    assert "sd must be one number, not 0.1, 0.2" in shown
