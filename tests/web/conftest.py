"""What the tests of the explorer share: a shelf, and pages made in this process."""

import html
import re

import pytest

from trialplan.web import tasks
from trialplan.web.shelf import Shelf


class Pages:
    """Pages of states, as a process of the server makes them."""

    def __init__(self, folder):
        self.shelf = Shelf(folder)

    def __call__(self, name, query, live=False):
        return tasks.page(self.shelf, name, query, live)

    def number(self, query, name="design"):
        """The number in large type; None where something is wrong."""
        found = re.search(r'class="number">([\d,]+)<', self(name, query, live=True))
        return int(found[1].replace(",", "")) if found else None

    def wrong(self, query, name="design", live=True):
        """The sentences that say what is wrong."""
        return [html.unescape(one) for one in re.findall(r'class="wrong">(.*?)</p>', self(name, query, live))]


@pytest.fixture
def pages(tmp_path):
    return Pages(tmp_path)
