"""A page that takes long is offered as work, and what comes of it is the page."""

import html
import re
import time

import pytest

import trialplan
from trialplan import progress
from trialplan.web import tasks
from trialplan.web.pages import scenarios
from trialplan.web.rendering import Late

DESIGN = "design=two-means&difference=0.5&sd=1"


@pytest.fixture(scope="module")
def served(hurried):
    """An explorer that has no time for whole pages."""
    return hurried(0.0)


def test_a_map_that_takes_long(served):
    """It says so, is begun by its button, and its result is the map with its pictures in it."""
    offered = served.get(f"scenarios?{DESIGN}").text
    assert "takes longer than" in offered
    hidden = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', offered)}
    assert hidden["work"] == "scenarios"
    where = served.post("work", data=hidden).headers["location"]
    until = time.monotonic() + served.patience
    while "data-watch" in (text := served.get(where[1:]).text) and time.monotonic() < until:
        time.sleep(0.1)
    assert '<table class="map">' in text
    assert text.count("data:image/svg+xml;base64,") == 2
    assert f'href="/scenarios?{DESIGN}'.replace("&", "&amp;") in text
    assert 'href="/scenarios?design' in re.search(r"<p>.*Back</a></p>", text)[0]
    assert "data:" in served.get(where[1:]).headers["content-security-policy"]


def test_no_such_work(served):
    """What is no work is refused."""
    answer = served.post("work", data={"work": "nothing", "query": DESIGN})
    assert "there is no work" in answer.text


def test_a_map_tells_how_far_it_is(pages):
    """While it is worked out one hears how many of its cells are done, and of how many."""
    heard = []
    with progress.watched(lambda *news: heard.append(news)):
        tasks.work(pages.shelf, "scenarios", "design=one-proportion&null=0.1&expected=0.3&view.y=none")
    cells = [news for news in heard if news[0] == "scenarios"]
    assert cells[-1][1] == cells[-1][2]
    assert len({done for _, done, _ in cells}) > 1


def test_one_grid(pages, monkeypatch):
    """A map and its picture are worked out once."""
    asked = []
    monkeypatch.setattr(scenarios, "scenarios", lambda *of, **how: asked.append(of) or trialplan.scenarios(*of, **how))
    query = f"{DESIGN}&alpha=0.0317"
    pages("scenarios", query)
    tasks.picture(pages.shelf, "grid", query)
    assert len(asked) == 1


@pytest.mark.parametrize("of", ["design=two-proportions", "plan=msc-lupus-nephritis"])
def test_a_number_that_takes_long(of, pages):
    """In its place stands a button; the controls, the links and the other pages are there at once."""
    told = Late(sentence="It takes long.", work="answer", sized=False, live=True)
    path = "power" if of.startswith("design") else "endpoint.0.power"
    text = tasks.late(pages.shelf, "design", f"{of}&{path}=0.9", told)
    assert 'class="number"' not in text
    assert '<p class="wrong">It takes long.</p>' in text
    assert 'name="work" value="answer"' in text
    assert f'name="{path}" value="0.9"' in text
    links = re.findall(r'href="/\w[\w-]*\?([^"]*)"', text.partition("</nav>")[0])
    assert len(links) > 3
    assert all(f"{path}=0.9" in one for one in links)
