"""Where a page takes a while its number is there first, and the rest follows: the page is the same."""

import asyncio

import chromium
import httpx
import pytest

import trialplan
from trialplan.web import app

QUERY = "design?design=two-proportions&control=0.3&treatment=0.5&power=0.9"

SLOW = """
import asyncio, sys
from trialplan.cli import main
from trialplan.web import app

whole, seconds = app.Explorer._page, float(sys.argv[1])
app.SOON, app.WHOLE = 0.0, float(sys.argv[2])

async def slowly(self, name, query, live, request):
    await asyncio.sleep(0 if live else seconds)
    return await whole(self, name, query, live, request)

app.Explorer._page = slowly
sys.exit(main(["explore", "--no-browser"]))
"""


@pytest.fixture(scope="module")
def slow(launched):
    """An explorer whose pages take most of a second and more."""
    return launched(SLOW, "0.8", "60")


def halves(explorer, path):
    """What comes first, and the whole page."""
    with httpx.stream("GET", f"{explorer.address}/{path}", timeout=explorer.patience) as answer:
        came = list(answer.iter_text())
    return came[0], "".join(came), answer


def test_the_number_comes_first(slow, served):
    """The first half has the number and the controls; both together are the page that comes at once elsewhere."""
    first, page, answer = halves(slow, QUERY)
    assert 'class="number">248<' in first
    assert 'name="power"' in first
    assert 'id="parts"' not in first
    assert answer.status_code == 200
    assert "visitor=" in answer.headers["set-cookie"]
    between = '<p class="soon">Tables and pictures follow.</p>\n'
    assert between in first
    assert page.replace(between, "") == served.get(QUERY).text.replace(between, "")


def test_a_plan_that_is_not_whole_says_so(slow):
    """What a change makes of a plan is told in the first half, too."""
    first, page, _ = halves(slow, "design?plan=msc-lupus-nephritis&endpoint.0.assumptions.control.value=0.1")
    assert "So the plan is not whole" in first
    assert page.count("So the plan is not whole") == 1


def test_the_rest_takes_too_long(launched):
    """Then a button stands in its place, beside the number."""
    first, page, _ = halves(launched(SLOW, "0.8", "0"), QUERY)
    assert 'class="number">248<' in first
    assert "It can be worked out while you wait" not in first
    assert "It can be worked out while you wait" in page
    assert page.count('id="parts"') == 1


def test_nothing_is_first_where_nothing_is_right(slow):
    """A page that cannot be shown is refused as ever."""
    answer = slow.get("evidence?design=two-means")
    assert answer.status_code == 400
    assert "This cannot be shown" in answer.text


def test_who_leaves_gives_the_rest_up():
    """After the first half nothing more is worked out for whoever has gone."""

    async def left():
        asked = asyncio.get_running_loop().create_future()
        sent = app._by_halves("first", asked)
        assert await anext(sent) == "first"
        await sent.aclose()
        return asked.cancelled()

    assert asyncio.run(left())


@pytest.mark.skipif(chromium.MISSING, reason="chromium is not installed")
def test_what_is_typed_meanwhile_counts(browser, slow):
    """Where somebody types before the rest of a page is there, he gets the number of what he typed."""
    page = browser.new_page()
    page.goto(f"{slow.address}/{QUERY}", wait_until="commit")
    page.wait_for_selector("[name='power']")
    assert page.locator(".soon").is_visible()
    page.fill("[name='power']", "0.8")
    page.wait_for_url("**power=0.8*")
    design = trialplan.TwoProportions(control=0.3, treatment=0.5)
    page.wait_for_function("document.querySelector('.number').textContent === '186'")
    assert page.inner_text(".number") == str(trialplan.size(design, 0.8).n)
    page.wait_for_selector("#parts:not(.waiting) table")
    assert not page.locator(".soon").is_visible()
    page.close()
