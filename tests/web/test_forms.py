"""Each control in the browser: what is typed there is sized as the library sizes it, or refused as it refuses."""

import chromium
import pytest

import trialplan
from trialplan import catalogue, read_plan
from trialplan.errors import TrialplanError
from trialplan.parameter import Interval, parameters, typical
from trialplan.plan.building import size_primary
from trialplan.plan.changes import changed
from trialplan.web import controls

SHIPPED = "msc-lupus-nephritis"

pytestmark = pytest.mark.skipif(chromium.MISSING, reason="chromium is not installed")


def another(declared, value):
    """A value that a number or choice may have beside the one that it has; None where there is no telling."""
    if declared.choices:
        return next((one for one in declared.choices if one != value), None)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isinstance(declared.domain, Interval):
        return None
    tried = [value + 1] if isinstance(value, int) else [value * 1.1, value * 0.9]
    return next((one for one in tried if one in declared.domain), None)


def answered(page, name, typed):
    """What the page says once a control holds what was typed: its number, or None with the sentence beside it."""
    control = page.locator(f"form.controls [name='{name}']")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    with page.expect_response(lambda one: one.request.headers.get("x-live") == "number"):
        if control.evaluate("one => one.tagName") == "SELECT":
            control.select_option(typed)
        else:
            control.fill(typed)
    held = '([name, typed]) => (new URL(location).searchParams.get(name) || "") === typed'
    page.wait_for_function(held, arg=[name, typed])
    found = page.locator("#answer .number")
    return int(found.inner_text().replace(",", "")) if found.count() else None


def expected_of(make):
    """The library's number, None where it refuses."""
    try:
        return int(make())
    except TrialplanError:
        return None


def sized_from_its_form(slug, visit):
    """Every number and choice of a design, changed one after the other."""
    cls = catalogue.design(slug)
    usual = typical(cls)
    page = visit(f"design?design={slug}")
    assert int(page.inner_text(".number").replace(",", "")) == int(trialplan.size(cls(**usual)).n)
    for name, declared in parameters(cls).items():
        new = another(declared, usual.get(name, getattr(cls, name, None)))
        if new is None or not _quick(cls, usual | {name: new}):
            continue
        expected = expected_of(lambda name=name, new=new: trialplan.size(cls(**usual | {name: new})).n)
        assert answered(page, name, controls.shown(new)) == expected, (name, new)
        answered(page, name, controls.shown(usual.get(name)))


def _quick(cls, numbers):
    """Whether a number is given while one types: not of a test whose power is enumerated, unless it is refused."""
    try:
        return cls(**numbers).smooth
    except TrialplanError:
        return True


def test_a_design(visit):
    """A design is sized from its form."""
    sized_from_its_form("two-proportions", visit)


@pytest.mark.sweep
@pytest.mark.parametrize("slug", list(catalogue.designs()))
def test_every_design(slug, visit):
    """So is every other."""
    sized_from_its_form(slug, visit)


@pytest.mark.sweep
def test_every_control_of_a_plan(visit):
    """Every number of the shipped plan that its design page has, changed one after the other."""
    plan = read_plan(SHIPPED)
    page = visit(f"design?plan={SHIPPED}")
    there = page.eval_on_selector_all("form.controls input[inputmode=decimal]", "all => all.map(one => one.name)")
    by_path = {one.path: one for one in controls.of_plan(plan.content, plan.table(plan.content.evidence.table))}
    tried = 0
    for path in there:
        try:
            value = float(by_path[path].value)
        except ValueError:
            continue
        typed = controls.shown(value * 0.9 if value < 1 else round(value * 1.1 + 1))
        of = {path: controls.typed(by_path[path], typed)}
        expected = expected_of(lambda of=of: sum(size_primary(changed(plan, of)).arms_randomised.values()))
        assert answered(page, path, typed) == expected, path
        answered(page, path, by_path[path].value)
        tried += 1
    assert tried > 5
