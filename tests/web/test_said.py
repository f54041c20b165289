"""What a page says of a plan or of a design is true of it, and in words for people."""

import re
from itertools import pairwise

import pytest

import trialplan
from trialplan import catalogue, read_plan
from trialplan.errors import PlanError, TrialplanError
from trialplan.files import examples
from trialplan.parameter import parameters, typical
from trialplan.plan.beliefs import NOT_JOINED
from trialplan.web import controls
from trialplan.web.pages.scenarios import axes_of
from trialplan.web.state import State
from trialplan.web.subject import Subject

SHIPPED, FAMILY = "msc-lupus-nephritis", "msc-lupus-nephritis-doses"


def test_what_is_taken_off(pages):
    """A plan whose rates are bridged is not told that nothing is taken off, be its endpoint one of several."""
    told = pages("bridge", f"plan={FAMILY}")
    assert "Nothing to take off" not in told
    assert "n is not varied over what is believed of one of them" in told
    assert "Nothing to take off" in pages("bridge", "plan=warfarin-stroke")


def test_why_a_family_has_no_assurance(pages):
    """The true reason stands on the page and in the verb's sentence, as it does in the protocol."""
    assert NOT_JOINED in pages.wrong(f"plan={FAMILY}", "assurance", live=False)[0]
    with pytest.raises(PlanError, match=NOT_JOINED):
        trialplan.assurance(trialplan.build(read_plan(FAMILY)))


@pytest.mark.parametrize("name", [SHIPPED, FAMILY])
def test_a_plan_that_is_not_whole_keeps_its_number(name, pages):
    """The number stands first, then what it rests on, although no document can be made of the plan."""
    told = pages("design", f"plan={name}&endpoint.0.assumptions.treatment.value=0.4")
    assert (
        told.index("The number</h2>") < told.index("What the number rests on") < told.index("This cannot be answered")
    )


def _asked(cls):
    """How many values somebody types for a design, those of vectors counted, and what its effect is told as."""
    usual = typical(cls)
    values = sum(len(one) if isinstance(one, tuple) else 1 for one in usual.values())
    return values, any(
        parameters(cls)[name].unit == "ratio" and parameters(cls)[name].role == "effect" for name in usual
    )


@pytest.mark.parametrize("group", list(catalogue.by_outcome()))
def test_the_simplest_design_comes_first(group):
    """Whoever does not choose has the design that asks least; a difference is simpler than a ratio."""
    listed = list(catalogue.by_outcome()[group].values())
    arms = [abs(len(cls(**typical(cls)).arm_names) - 2) for cls in listed]
    assert arms == sorted(arms)
    for (one, here), (other, there) in pairwise(zip(listed, arms, strict=True)):
        if here == there:
            assert _asked(one) <= _asked(other)
            if _asked(one) == _asked(other):
                assert len(parameters(one)) <= len(parameters(other))


def test_the_first_of_each_kind():
    """By name, so that a number that a design comes to declare cannot put another first unseen."""
    first = [next(iter(classes)) for classes in catalogue.by_outcome().values()]
    usual = ["two-proportions", "two-means", "log-rank", "event-counts", "rank-sum", "precision-mean-difference"]
    assert first == usual


@pytest.mark.parametrize(
    ("words", "there", "elsewhere"),
    [
        ("t-test", "two-means", "log-rank"),
        ("t test", "paired-means", "two-proportions"),
        ("t tests", "", "two-means"),
        ("survival", "one-milestone", "two-means"),
        ("survival", "one-sample-log-rank", "two-proportions"),
        ("mid-p", "paired-proportions", "two-proportions"),
        ("log rank", "log-rank", "event-counts"),
        ("ordinal", "rank-sum", "two-means"),
        ("clust", "clustered-means", "two-means"),
        ("umber", "", "event-counts"),
        ("-", "", "two-means"),
    ],
)
def test_what_is_found(words, there, elsewhere):
    """Words are found by their beginnings, with a hyphen or a space, and by what else people call an outcome."""
    found = [slug for classes in catalogue.found(words).values() for slug in classes]
    assert there in found or not there
    assert elsewhere not in found


def test_what_stands_chosen(pages):
    """Beside a plan the design of its primary endpoint stands chosen, from which somebody may go on."""
    told = pages("design", "plan=metformin-hba1c", live=True)
    chosen = re.search(r'<select id="of-design".*?<option selected>([^<]*)<', told, re.S)[1]
    assert chosen == read_plan("metformin-hba1c").content.endpoint[0].design


def test_an_emptied_control(pages):
    """Where nothing is typed it says what that means: what the plan states, what is drawn, or nothing."""
    told = pages("design", f"plan={SHIPPED}", live=True)
    empty = dict(re.findall(r'name="(endpoint\.0\.[^"]*)" value="[^"]*" placeholder="([^"]*)"', told))
    assert empty["endpoint.0.power"] == "empty: the plan&#39;s 0.8"
    assert empty["endpoint.0.assumptions.treatment.range"] == "empty: none stated"
    assert empty["endpoint.0.assumptions.treatment.value"] == "empty: as drawn"


@pytest.mark.parametrize("name", list(examples("plan.toml")))
def test_one_way_of_a_bridge(name, pages):
    """No two controls of an endpoint's bridge say the same, and none is of a way that the plan does not take."""
    subject = Subject(State(name=name), pages.shelf)
    offered = [one for one in subject.typed if ".bridge." in one.path]
    hints = [(one.path.partition(".bridge.")[0], one.hint) for one in offered if one.kind == controls.NUMBER]
    assert len(hints) == len(set(hints))
    for one in [one for one in offered if one.kind == controls.NUMBER and one.value]:
        try:
            _ = Subject(State(name=name, changes=((one.path, "0.1"),)), pages.shelf).endpoint
        except TrialplanError as why:
            pytest.fail(f"{one.path}: {why}")


def test_words_in_place_of_keys(pages):
    """Sources stand by their names, numbers of one of several endpoints by the endpoint's, and no field by its own."""
    bridge = pages("bridge", f"plan={SHIPPED}")
    parts = bridge.partition("From the evidence to the planned numbers")[2]
    assert "Hróbjartsson 2012" in parts
    assert "BLISS-LN, relapsed participants, week 104" in parts
    assert not re.search(">(metablind-assessors|hrobjartsson-2012|bliss-ln-relapsed|any-wang-2014)<", parts)
    told = pages("scenarios", f"plan={FAMILY}&view.x=icc_1&view.x-values=0.02,0.03&view.y=none")
    assert '<th scope="col">ICC for complete renal response at 12 months<' in told
    shown = re.sub(r"<(option|select|input)[^>]*>", "", told)
    assert not re.search(r"\b(treatment_1|cluster_size_1|sd_2)\b", shown)


def test_a_family_is_varied_by_its_rates(pages):
    """The map of several endpoints opens on what is assumed of the first, not on what it is chosen to be."""
    subject = Subject(State(name=FAMILY), pages.shelf)
    assert list(axes_of(subject, subject.state)) == ["treatment_1", "control_1"]


def test_what_was_changed(pages):
    """A drawn number that another takes the place of is named; two that agree say how many they ask for."""
    told = pages("design", f"plan={SHIPPED}&endpoint.0.assumptions.treatment.value=0.4", live=True)
    assert re.search(r"reatment: 0\.3738 → 0\.4 ", told)
    assert "Both ask for 254 participants" in pages("side-by-side", f"plan={SHIPPED}")
    assert "as in 0.5,1, or" in pages("monitoring", "plan=msc-lupus-nephritis-monitored", live=True)
    assert re.search(r"highest at 0\.\d{1,4} \(", pages("assurance", f"plan={SHIPPED}"))
