"""How every page looks and is read out: at both widths, light and dark, in every state that it can be in.

axe-core judges what assistive programs find; where it is not installed that is left out, and the closing line says so.
The sweep leaves a picture of each in build/screenshots, for somebody to look at.
"""

import os
import re
import time
from pathlib import Path

import chromium
import pytest

from trialplan.cli import main
from trialplan.web.rendering import kinds

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(os.environ.get("TRIALPLAN_AXE", ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"))
SCREENSHOTS = ROOT / "build" / "screenshots"
PLAN, DESIGN = "plan=msc-lupus-nephritis", "design=two-proportions"
WORK = "design=two-means&difference=0.5&sd=1&view.trials=10000000"
STATES = {
    "home": "",
    "designs found": "?find=cluster",
    "no design found": "?find=homeopathy",
    "a design": f"design?{DESIGN}",
    "its map": f"scenarios?{DESIGN}",
    "an entry that cannot be": f"design?{DESIGN}&control=60",
    "a plan that is not whole": f"design?{PLAN}&endpoint.0.assumptions.control.value=0.1",
    "a cell that has no answer": f"scenarios?{DESIGN}&control=0.3&treatment=0.4&view.x-values=0.3,0.4",
    "one assumption alone": f"scenarios?{DESIGN}&view.y=none",
    "an answer in place of a control": f"assurance?{PLAN}&view.n=100",
    "no such page": "nothing",
    "no such plan": "design?plan=nothing",
    "two beside each other": f"side-by-side?{PLAN}&endpoint.0.power=0.9",
    "an interim result": "monitoring?plan=msc-lupus-nephritis-monitored&view.events=20/65,40/65",
}

pytestmark = pytest.mark.skipif(chromium.MISSING, reason="chromium is not installed")
judged = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")


def violations(page):
    """What axe-core calls serious or critical, with everything that can be folded away open."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        (one["id"], one["nodes"][0]["html"][:120], one["nodes"][0].get("failureSummary"))
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def sound(visit, path, size, scheme, kept=""):
    """Whether a page fits its width and axe-core finds nothing serious; `kept` names its picture."""
    page = visit(path, size=size, scheme=scheme, bypass_csp=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= chromium.SIZES[size][0]
    if kept:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        made = chromium.photographed(page, size, most=4000)
        (SCREENSHOTS / f"{kept.replace(' ', '-')}-{size}-{scheme}.png").write_bytes(made)
    assert violations(page) == []


@judged
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("path", [f"design?{PLAN}&endpoint.0.power=0.9", STATES["an entry that cannot be"]])
def test_the_first_page(path, scheme, visit):
    """The page that everybody sees is sound, and so it is with an entry that cannot be."""
    sound(visit, path, "wide", scheme)


@judged
@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("size", chromium.SIZES)
@pytest.mark.parametrize("name", list(kinds()))
def test_every_page(name, size, scheme, visit):
    """So is every page of a plan."""
    sound(visit, f"{name}?{PLAN}", size, scheme, kept=name)


@judged
@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("size", chromium.SIZES)
@pytest.mark.parametrize("state", list(STATES))
def test_every_state(state, size, scheme, visit):
    """So is every other state."""
    sound(visit, STATES[state], size, scheme, kept=state)


def test_states_are_what_they_are_called(served):
    """A state that shows an answer shows it, and one that complains complains: none is sound because it is empty."""
    wrong = {name for name, path in STATES.items() if 'class="wrong"' in served.get(path).text}
    assert wrong == {
        "no design found",
        "an entry that cannot be",
        "a plan that is not whole",
        "no such page",
        "no such plan",
    }


@judged
@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("size", chromium.SIZES)
def test_opened_tables(size, scheme, served, visit):
    """So is a table that somebody opened, with its findings."""
    content = b"study,outcome,events,of,reported\nalpha 2019,remission,3,7,3/7 (60%)\n"
    path = str(served.opened(mine__csv=content).url).removeprefix(f"{served.address}/")
    sound(visit, path, size, scheme, kept="an opened table")


@judged
@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("size", chromium.SIZES)
def test_work(size, scheme, served, visit):
    """So is long work while it goes on, when it has been stopped, and when it is done."""
    where = begun(served, "verify", WORK)
    sound(visit, where, size, scheme, kept="work")
    assert "data-watch" in served.get(where).text
    served.post(f"{where}/stop")
    sound(visit, where, size, scheme, kept="work stopped")
    where, until = begun(served, "verify", WORK.replace("10000000", "1000")), time.monotonic() + served.patience
    while "data-watch" in served.get(where).text and time.monotonic() < until:
        time.sleep(0.1)
    sound(visit, where, size, scheme, kept="work done")
    assert "Worked out" in served.get(where).text


def begun(served, work, query):
    """The address of long work that has been started."""
    return served.post("work", data={"work": work, "query": query}).headers["location"][1:]


@pytest.fixture(scope="module")
def slow(hurried):
    """An explorer on which everything takes long."""
    return hurried(0.001)


@judged
@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("size", chromium.SIZES)
@pytest.mark.parametrize("name", ["design", "scenarios"])
def test_what_takes_long(name, size, scheme, slow, visit):
    """So is a page whose answer takes long."""
    sound(visit, f"{slow.address}/{name}?{PLAN}", size, scheme, kept=f"{name} takes long")
    assert "takes longer than" in slow.get(f"{name}?{PLAN}").text


@pytest.fixture(scope="module")
def mailed(tmp_path_factory):
    """The address of a file to mail."""
    path = tmp_path_factory.mktemp("mailed") / "grid.html"
    varied = ("--vary", "control=0.1:0.3:0.1", "--vary", "treatment=0.3:0.5:0.1")
    assert main(["scenarios", "msc-lupus-nephritis", *varied, "-o", str(path)]) == 0
    return path.as_uri()


@pytest.mark.parametrize("size", chromium.SIZES)
def test_a_mailed_page(size, mailed, browser):
    """A file to mail reads out what is pointed at or moved to, without scripts, and asks for nothing elsewhere."""
    page = chromium.window(browser, size, "light", java_script_enabled=False).new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(mailed)
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    spots = page.locator(f".{'wide' if size == 'wide' else 'narrow'} .spot")
    assert spots.count() == 9
    for place in (0, 8):
        spot = spots.nth(place)
        told = spot.locator(".told")
        assert not told.is_visible()
        spot.hover()
        assert told.is_visible()
        box = told.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= chromium.SIZES[size][0]
        page.mouse.move(1, 1)
        assert not told.is_visible()
        spot.focus()
        assert told.is_visible()
        assert re.search(r"participants in all|no number of participants", told.inner_text())
        page.keyboard.press("Tab")
        assert not told.is_visible()


@judged
@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("size", chromium.SIZES)
def test_a_mailed_page_is_sound(size, scheme, mailed, visit):
    """A file to mail is as sound as the pages are."""
    sound(visit, mailed, size, scheme, kept="a mailed page")


@pytest.mark.sweep
@pytest.mark.parametrize("scheme", chromium.SCHEMES)
def test_figures_for_phones(scheme, visit):
    """A phone is sent a figure of its own, whose letters are as large there as the smallest of the page."""
    page = visit(f"design?{PLAN}", size="phone", scheme=scheme)
    image = page.locator("figure img").first
    image.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('figure img')].every(one => one.naturalWidth > 0)")
    assert "view.phone=yes" in image.evaluate("one => one.currentSrc")
    # drawn at the size at which it is shown: letters of eight points keep more than ten pixels
    assert 0.95 < image.evaluate("one => one.clientWidth / one.naturalWidth") < 1.1
