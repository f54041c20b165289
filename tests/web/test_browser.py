"""The explorer as a person uses it, in a browser: what follows each change, on a phone, and where no answer comes.

Without a browser these tests are left out, which the closing line says; where TRIALPLAN_NEEDS names chromium, as in
CI, they fail instead.
"""

import chromium
import pytest
from chromium import becomes, number

import trialplan
import trialplan.parameter

SHIPPED = "msc-lupus-nephritis"
POWER = "endpoint.0.power"

pytestmark = pytest.mark.skipif(chromium.MISSING, reason="chromium is not installed")


def test_a_change_is_answered_while_one_types(visit):
    """The number follows what is typed, and so do the address, every link and every download."""
    page = visit(f"design?plan={SHIPPED}")
    built = trialplan.build(SHIPPED)
    assert number(page) == built.n_randomised
    page.fill(f"[name='{POWER}']", "0.9")
    becomes(page, trialplan.size(built.design, 0.9).n)
    page.wait_for_url(f"**{POWER}=0.9*")
    page.wait_for_selector("#parts:not(.waiting)")
    links = page.eval_on_selector_all("nav a, #parts a", "all => all.map(one => one.getAttribute('href'))")
    assert links
    assert all(f"{POWER}=0.9" in link for link in links)
    hidden = page.eval_on_selector_all(
        "#parts form", "all => all.map(one => new URLSearchParams(new FormData(one)).toString())"
    )
    assert all(POWER in one for one in hidden)


def test_what_is_wrong_stands_in_place_of_the_number(visit):
    """No old number stands beside an entry that cannot be; mended, the number is back."""
    page = visit("design?design=two-proportions")
    page.fill("[name='control']", "60")
    page.wait_for_selector("#answer .wrong")
    assert "write 60 % as 0.6" in page.inner_text("#answer")
    assert page.query_selector(".number") is None
    page.fill("[name='control']", "0.1")
    page.wait_for_selector("#answer .number")


def test_without_scripts(visit):
    """Everything works by submitting."""
    page = visit("design?design=two-proportions", java_script_enabled=False)
    page.fill("[name='power']", "0.9")
    page.click("form.controls button")
    expected = trialplan.size(trialplan.TwoProportions(**trialplan.parameter.typical(trialplan.TwoProportions)), 0.9)
    assert number(page) == expected.n
    page.click("nav >> text=Scenarios")
    page.click("table.map td a >> nth=3")
    assert "scenarios?design=two-proportions" in page.url


def test_on_a_phone(visit):
    """Nothing runs out of a narrow screen to the side, on any page."""
    page = visit(f"design?plan={SHIPPED}", size="phone")
    for link in page.eval_on_selector_all("nav a", "all => all.map(one => one.href)"):
        page.goto(link)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scripts", [True, False])
def test_a_table_is_opened(scripts, visit, tmp_path):
    """What somebody opens is audited at once, and is still there after a look at another page."""
    table = tmp_path / "mine.csv"
    table.write_text("study,outcome,events,of,reported\nalpha 2019,remission,3,7,3/7 (60%)\n")
    page = visit("", java_script_enabled=scripts)
    page.set_input_files("#files", table)
    page.click("form[action='/open'] button")
    page.wait_for_url("**/evidence?*")
    assert "60 % is printed" in page.inner_text("main")
    page.click("nav >> text=Scenarios")
    page.wait_for_url("**/scenarios?*")
    page.click("nav >> text=Evidence")
    page.wait_for_url("**/evidence?*")
    assert "60 % is printed" in page.inner_text("main")


def test_a_changed_plan_is_taken_away(visit, tmp_path):
    """The plan that is taken away is the plan that is looked at."""
    page = visit(f"take-away?plan={SHIPPED}&{POWER}=0.9")
    with page.expect_download(timeout=chromium.PATIENCE) as taken:
        page.click("#parts a:text-is('Plan')")
    path = tmp_path / "plan.toml"
    taken.value.save_as(path)
    assert trialplan.build(path).n_randomised == number(page)


def test_what_takes_long_keeps_the_state(hurried, visit):
    """Where an answer takes long a button offers it, and every link and form carries what was chosen."""
    page = visit("")
    page.goto(f"{hurried(0.0).address}/scenarios?design=two-proportions")
    assert page.locator("[name='view.x']").count() == 1
    page.click("nav >> text=Design")
    page.wait_for_url("**/design?*")
    page.fill("[name='power']", "0.9")
    page.wait_for_selector("#parts [name='query'][value*='power=0.9']", state="attached")
    links = page.eval_on_selector_all("nav a, #parts a", "all => all.map(one => one.getAttribute('href'))")
    assert links
    assert all("power=0.9" in one for one in links)
    assert "power=0.9" in page.url
    assert (
        number(page)
        == trialplan.size(trialplan.TwoProportions(**trialplan.parameter.typical(trialplan.TwoProportions)), 0.9).n
    )


def test_nothing_leads_to_the_state_before(visit):
    """From the first key on every page leads to what is typed, and what is not yet of it cannot be used."""
    page = visit(f"assurance?plan={SHIPPED}&view.n=300")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.route("**/assurance?*", lambda route: None)  # no answer comes yet
    page.fill("[name='assurance.target']", "0.61")
    links = page.eval_on_selector_all("nav a", "all => all.map(one => one.getAttribute('href'))")
    assert len(links) == 9
    assert all("assurance.target=0.61" in one and f"plan={SHIPPED}" in one and "view.n=300" in one for one in links)
    assert page.locator("#parts").evaluate("one => one.inert")
    page.focus("#parts [name='view.n']")
    assert not page.evaluate("document.getElementById('parts').contains(document.activeElement)")
    page.unroute("**/assurance?*")
    page.fill("[name='assurance.target']", "0.62")
    page.wait_for_selector("#parts:not(.waiting)")
    assert not page.locator("#parts").evaluate("one => one.inert")
    hidden = page.locator("#parts form").first.evaluate("one => new URLSearchParams(new FormData(one)).toString()")
    assert "assurance.target=0.62" in hidden
    page.fill("#parts [name='view.n']", "250")
    page.keyboard.press("Enter")
    page.wait_for_url("**view.n=250*")
    assert "assurance.target=0.62" in page.url
    page.go_back()
    page.wait_for_url("**view.n=300*")
    assert page.input_value("[name='assurance.target']") == "0.62"


def test_no_answer(visit):
    """Where the explorer has ended no old number stands beside a change, which a reload brings back."""
    page = visit("design?design=two-proportions")
    page.route("**/design?*", lambda route: route.abort())
    page.fill("[name='power']", "0.9")
    page.wait_for_selector("#answer .wrong:has-text('No answer came')")
    assert page.query_selector(".number") is None
    page.unroute("**/design?*")
    page.reload()
    assert page.input_value("[name='power']") == "0.9"
    assert page.query_selector(".number")


@pytest.mark.parametrize("scripts", [True, False])
def test_work_is_begun_as_it_is_typed(scripts, visit):
    """The number of trials beside the button is the one that is simulated."""
    page = visit("verify?design=two-means&difference=0.5&sd=1", java_script_enabled=scripts)
    page.fill("[name='view.trials']", "1234")
    page.click("form[action='/work'] button")
    page.wait_for_selector("h1:has-text('Worked out')")
    assert "1,234 simulated trials" in page.inner_text("main")
