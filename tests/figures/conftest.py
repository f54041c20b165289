"""What the tests of figures read pictures with; none of it is shared with the code that draws them."""

import html
import io
import itertools
import re
from xml.etree import ElementTree

import pytest


def plot(drawn):
    """The axes of a drawn figure that hold its data, the first of them."""
    return next(axes for axes in drawn.axes if axes.get_gid() == "plot")


class Picture:
    """An SVG file, read."""

    def __init__(self, data):
        self.data = data
        builder = ElementTree.TreeBuilder(insert_comments=True)
        self.root = ElementTree.fromstring(data, ElementTree.XMLParser(target=builder))

    @property
    def names(self):
        """The ids of the groups, in order."""
        return [node.get("id", "") for node in self.root.iter() if isinstance(node.tag, str)]

    @property
    def texts(self):
        """The texts, which stand as comments before their outlines."""
        return [html.unescape(node.text).strip() for node in self.root.iter() if node.tag is ElementTree.Comment]

    def said(self, name):
        """The texts inside the groups of that id."""
        groups = [node for node in self.root.iter() if isinstance(node.tag, str) and node.get("id") == name]
        inside = [child for group in groups for child in group.iter() if child.tag is ElementTree.Comment]
        return [html.unescape(child.text).strip() for child in inside]


@pytest.fixture
def picture():
    """Reads a figure as the SVG file that it becomes."""
    from trialplan.figures import render

    return lambda figure: Picture(render(figure, ".svg"))


@pytest.fixture
def pixels():
    """Reads a figure as the PNG file that it becomes: the image, and where a place among the data lies on it."""
    from PIL import Image

    from trialplan.figures import save

    def read(figure):
        drawn = figure.draw()
        image = Image.open(io.BytesIO(save(drawn, ".png"))).convert("RGB")
        holder = plot(drawn)

        def at(x, y):
            across, up = drawn.transFigure.inverted().transform(holder.transData.transform((x, y)))
            return image.getpixel((round(across * image.width), round((1 - up) * image.height)))

        return image, at

    return read


@pytest.fixture
def collisions():
    """Pairs of texts of a figure that lie upon each other, and texts that leave the paper."""

    def find(figure):
        drawn = figure.draw()
        drawn.canvas.draw()
        from matplotlib.text import Text

        shown = [text for text in drawn.findobj(Text) if text.get_visible() and text.get_text().strip()]
        boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
        pairs = [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2) if _overlap(one, other)]
        paper = drawn.bbox
        outside = [a for a, box in boxes if box.x0 < paper.x0 - 1 or box.x1 > paper.x1 + 1 or box.y0 < paper.y0 - 1]
        return pairs, outside

    return find


def _overlap(one, other):
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    up = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 1 and up > 3


@pytest.fixture
def data_axes():
    """Draws a figure and finds the axes that hold its data."""
    return lambda figure: plot(figure.draw())


@pytest.fixture
def numbers():
    """The numbers in a sentence, as numbers."""
    return lambda text: [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*(?<!,)", text)]


@pytest.fixture
def hostile():
    """A label that is long, has letters no font has, and would be markup or mathematics if anything believed it."""
    return '$\\frac{1}{0}$ <script>alert(1)</script> --> ]]> & "é µ 北京 \x07\x1b[31m \u202e \ud800 ' * 4
