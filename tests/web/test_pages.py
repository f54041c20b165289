"""Every page says what the library says, for plans, for changed plans and for every design of the catalogue."""

import html
import re
import shlex
from pathlib import Path

import pytest

import trialplan
import trialplan.plan.reading
from trialplan import catalogue, files
from trialplan.cli import main
from trialplan.parameter import parameters, typical
from trialplan.web import tasks
from trialplan.web.pages.side_by_side import other_of
from trialplan.web.pictures import PICTURES
from trialplan.web.rendering import kinds
from trialplan.web.state import State

SHIPPED, POWER = "msc-lupus-nephritis", "endpoint.0.power"


@pytest.mark.parametrize("slug", list(catalogue.designs()))
def test_every_design(slug, pages):
    """A design that nobody named here is sized from its form, which has a control for each of its numbers."""
    cls = catalogue.design(slug)
    text = pages("design", f"design={slug}", live=True)
    named = set(re.findall(r' name="([^"]+)"', text))
    assert {*parameters(cls)} <= named
    expected = trialplan.size(cls(**typical(cls)))
    assert pages.number(f"design={slug}") == int(expected.n)


def test_a_typed_design(pages):
    """What is typed is what is sized."""
    expected = trialplan.size(trialplan.TwoProportions(control=0.3, treatment=0.6, test="fisher"), 0.9)
    assert pages.number("design=two-proportions&control=0.3&treatment=0.6&power=0.9&test=fisher") == expected.n
    looked_at = trialplan.GroupSequential(design=trialplan.TwoProportions(control=0.3, treatment=0.5), looks=(0.5, 1))
    typed = "design=two-proportions&control=0.3&treatment=0.5&looks=0.5,1"
    assert pages.number(typed) == trialplan.size(looked_at).n


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("design=two-proportions&control=60&treatment=0.5", "control must lie in [0, 1], not 60; write 60 % as 0.6"),
        ("design=two-proportions&control=0.3&treatment=0.3", "treatment"),
        ("design=no-such", "there is no design"),
        (f"plan={SHIPPED}&{POWER}=90", "power"),
        (f"plan={SHIPPED}&nothing.of.this=1", "is nothing that can be changed"),
        ("plan=/etc/passwd", "there is no plan"),
    ],
)
def test_one_sentence(query, why, pages):
    """What is wrong stands in place of the number, in one sentence."""
    try:
        told = pages.wrong(query)
    except trialplan.errors.TrialplanError as refused:
        told = [str(refused)]
    assert why in told[0]
    assert "\n" not in told[0]


@pytest.mark.parametrize("name", list(files.examples("plan.toml")))
def test_every_shipped_plan(name, pages):
    """The number of each shipped plan is that of the library."""
    assert pages.number(f"plan={name}") == trialplan.build(name).n_randomised


@pytest.mark.parametrize("name", list(kinds()))
def test_every_page(name, pages):
    """Each page of the shipped plan stands, with nothing wrong on it."""
    text = pages(name, f"plan={SHIPPED}")
    assert 'class="wrong"' not in text
    assert text.count("<h1") == 1


def test_a_change(pages):
    """A changed power is what a plan file with that power would give; links carry it, and one undoes it."""
    query = f"plan={SHIPPED}&{POWER}=0.9"
    design = trialplan.build(SHIPPED).design
    assert pages.number(query) == trialplan.size(design, 0.9).n
    text = pages("design", query, live=True)
    assert f"/scenarios?plan={SHIPPED}&amp;{POWER}=0.9" in text
    assert f'href="/design?plan={SHIPPED}">as it was' in text


def test_what_stands_in_the_plan_anyway(pages):
    """A form sends all that it holds; only what differs is a change."""
    assert "as it was" not in pages("design", f"plan={SHIPPED}&{POWER}=0.80", live=True)


@pytest.mark.parametrize("name", [SHIPPED, "starter", "warfarin-stroke"])
def test_a_changed_source(name, pages):
    """A number that is changed no longer claims the source of the old one, be that stated or drawn."""
    query = f"plan={name}&endpoint.0.assumptions.control.value=0.11"
    assert "trialplan protocol plan.toml" in pages("take-away", query)
    plan = tasks.take_away(pages.shelf, "plan.toml", query).decode()
    assert "ours: changed by hand" in plan
    control = trialplan.plan.reading.of_text(plan, name, Path("plan.toml")).content.endpoint[0].assumptions["control"]
    assert (control.value, control.basis, control.belief) == (0.11, "ours", None)


@pytest.mark.parametrize("of", ["design=two-proportions", f"plan={SHIPPED}"])
def test_a_cell_becomes_the_plan(of, pages):
    """A cell of the map leads to the state whose number it shows."""
    text = pages("scenarios", of)
    cells = re.findall(r'<a href="/scenarios\?([^"]+)" title="[^"]*: ([\d,]+) participants', text)
    assert len(cells) > 20
    for query, shown in cells[:: len(cells) // 5]:
        assert pages.number(query.replace("&amp;", "&")) == int(shown.replace(",", ""))


def test_side_by_side(pages):
    """Two states stand beside each other, with the difference of their numbers."""
    state = State("design", "two-proportions", (("control", "0.3"), ("treatment", "0.5")))
    aside = state.changed("treatment", "0.6")
    assert other_of(state.seen(beside=aside.query())) == aside
    assert "102 more participants" in pages("side-by-side", state.seen(beside=aside.query()).query())


@pytest.mark.parametrize("slug", list(catalogue.designs()))
def test_every_design_has_its_pages(slug, pages):
    """Every design has its page of scenarios, of monitoring and of what can be taken away, with nothing wrong on it."""
    for name in ("scenarios", "monitoring", "take-away"):
        assert pages.wrong(f"design={slug}", name, live=False) == [], name


@pytest.mark.parametrize(
    "query",
    [
        "design=two-means&difference=0.5&sd=1&power=0.9&allocation=2:1",
        "design=two-proportions&control=0.3&treatment=0.5&looks=0.5,1&futility=z(0)",
        "design=log-rank&control_hazard=0.05, 0.02&hazard_changes=6&hazard_ratio=0.6&accrual_time=12&follow_up_time=12",
        "design=two-proportions&control=0.3&treatment=0.8&dropout=0.1",
        "design=paired-proportions",
    ],
)
def test_the_command_gives_the_same(query, pages, capsys):
    """The command line and the Python lines that a page prints give its number."""
    text = pages("take-away", query)
    command, lines = (html.unescape(one) for one in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", text, re.S))
    assert main([*shlex.split(command)[1:], "--json"]) == 0
    assert f'"n": {pages.number(query)}' in capsys.readouterr().out
    exec(lines)
    assert f"{pages.number(query):,}" in capsys.readouterr().out


def test_what_the_number_counts(pages):
    """Pairs are called pairs."""
    assert "pairs in all" in pages("design", "design=paired-proportions", live=True)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        # a search is asked, not the design that it finds
        ("design=simon&null=0.03&expected=0.35&view.x=expected&view.x-values=0.35,0.385,0.49&view.y=none", "11"),
        # what is asked of a number of participants is its power
        ("design=two-proportions&control=0.3&treatment=0.5&view.x=n&view.x-values=100:200:50&view.y=none", "0.8"),
    ],
)
def test_what_is_varied_is_what_is_asked(query, shown, pages):
    """A table has the answers of the command line."""
    assert f">{shown}" in pages("scenarios", query)


def test_losses_are_randomised(pages):
    """The large number is of those who are randomised, and so is the change beside another state."""
    query = "design=two-proportions&control=0.3&treatment=0.5&dropout=0.3"
    assert (
        pages.number(query)
        == trialplan.size(trialplan.TwoProportions(control=0.3, treatment=0.5), dropout=0.3).enrolled["n"]
    )
    assert "104 more participants" in pages("side-by-side", "plan=metformin-hba1c&endpoint.0.dropout=0.3")


def test_a_plan_that_is_refused_says_so(pages):
    """A number alone is no plan: what the rest of the file says is held against it."""
    assert "So the plan is not whole" in pages("design", f"plan={SHIPPED}&endpoint.0.assumptions.control.value=0.1")


def test_strata_can_follow_a_changed_rate(pages):
    """Where the strata state the old control rate a page says so and leads there; both changed, the plan is whole."""
    moved = f"plan={SHIPPED}&endpoint.0.assumptions.control.value=0.25&target_difference.value=0.1378"
    refusal = pages.wrong(moved, "scenarios", live=False)[0]
    assert "control_rates" in refusal
    assert "Take the change back, or change the other on the page" in refusal
    both = f"{moved}&randomisation.strata.0.control_rates=0.294,0.176"
    assert pages.wrong(both, "design", live=False) == []
    plan = tasks.take_away(pages.shelf, "plan.toml", both).decode()
    strata = trialplan.plan.reading.of_text(plan, SHIPPED, Path("plan.toml")).content.randomisation.strata[0]
    assert strata.control_rates == (0.294, 0.176)
    assert strata.source.startswith("ours: changed by hand")


def test_the_paragraph_to_copy(pages):
    """What is copied of a plan is its justification as text: no part of the plan's file, and nothing escaped."""
    shown = pages("design", f"plan={SHIPPED}")
    copied = html.unescape(re.search(r"A paragraph to copy</h2>.*?<code>(.*?)</code>", shown, re.S)[1])
    assert copied.startswith(f"{trialplan.build(SHIPPED).n_randomised} participants")
    assert "Target, realistic" in copied
    assert "[trial]" not in copied
    assert "\\" not in copied


def test_a_map_is_as_its_picture(pages):
    """The map of a page has the axes of its picture: what runs down there runs up here, the largest on top."""
    query = "design=two-proportions&control=0.3&treatment=0.5"
    text, picture = pages("scenarios", query), PICTURES["grid"](*tasks._asked(pages.shelf, query))
    assert "Treatment down, control across" in text
    assert (picture.y_name, picture.x_name) == ("rate in the treatment arm, p_T", "rate in the control arm, p_C")
    sides = re.findall(r'<th scope="row">([\d.]+)</th>\s*<td class="(?:tone|none)', text)
    assert [float(one) for one in sides] == list(picture.y)[::-1]
    assert f"As a picture: {picture.quantity}" in text


def test_several_designs_together_are_varied(pages):
    """Of several endpoints and arms the numbers of each may be varied; a cell that no control holds is no link."""
    query = "plan=msc-lupus-nephritis-doses&view.x=correlation&view.x-values=-0.4,-0.2&view.y=none"
    assert pages.wrong(query, "scenarios", live=False) == []
    assert '<option value="control_1">control for complete renal response at 12 months</option>' in pages(
        "scenarios", query
    )


def test_no_picture_without_a_range(pages):
    """Where no assumption has a range there is no picture of the most damaging, and no complaint about it."""
    assert pages.wrong("plan=asthma-crossover", "scenarios", live=False) == []


def test_the_first_page_has_titles(pages):
    """What can be looked at is told by the trial's title beside the name of its file."""
    listed = dict(pages.shelf.titles())
    assert listed[SHIPPED].startswith("Umbilical-cord mesenchymal stem cells")
    assert all(listed.values())


def test_onward(pages):
    """Each page leads on to the next, with what was changed, and the last leads nowhere."""
    place, seen = f"/evidence?plan={SHIPPED}&{POWER}=0.9", []
    while place:
        name, query = place.lstrip("/").split("?")
        assert f"{POWER}=0.9" in query
        page = pages(name, query)
        seen.append(re.search(r'aria-current="page">(.*?)<', page)[1])
        onward = re.search(r'class="onward">Next: <a href="(.*?)"', page)
        place = html.unescape(onward[1]) if onward else ""
    assert seen == re.findall(r"<li><a [^>]*>(.*?)</a>", page[page.index("<nav") : page.index("</nav>")])
