"""Templates compute nothing, hold no numbers, and print user text as text."""

import re

import pytest

from trialplan.errors import TrialplanError
from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.protocol.content.filters import FILTERS, code, escape
from trialplan.protocol.formats.house_style import environment
from trialplan.protocol.formats.markdown import render
from trialplan.text import decimals, three_decimals

# the scripts under templates/code are formulas, whose digits tests/protocol/test_cross_check.py holds
TEMPLATES = sorted(set(shipped("templates").rglob("*.j2")) - set(shipped("templates").glob("code/**/*.j2")))


class TestTemplates:
    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
    def test_they_hold_no_numbers_and_no_arithmetic(self, path):
        """No digit stands in a template, and no expression computes."""
        text = path.read_text(encoding="utf-8").replace(".md.j2", "")
        assert not re.search(r"\d", text)
        for expression in re.findall(r"{{(.*?)}}", text):
            assert not re.search(r"[*/%]|\*\*|\s[-+]\s", re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)), expression

    @pytest.mark.parametrize("printed", [FILTERS["boundary"], three_decimals, decimals])
    def test_zero_has_no_sign(self, printed):
        """What rounds to zero is printed as zero, from either side; what does not keeps its sign."""
        assert (str(printed(-0.0004)), str(printed(0.0004))) == ("0.000", "0.000")
        assert str(printed(-0.0006)).replace("−", "-") == "-0.001"

    def test_a_number_in_a_template_would_be_noticed(self):
        """The check above fails on a template that states a number."""
        assert re.search(r"\d", "| Power | 80% |")

    def test_an_undefined_name_is_an_error(self, tmp_path):
        """A template that names what is not there does not render."""
        (tmp_path / "protocol.md.j2").write_text("{{ nothing_of_the_kind }}")
        with pytest.raises(TrialplanError, match="line 1: 'nothing_of_the_kind' is undefined"):
            render(build(read("starter")), tmp_path)

    def test_a_missing_value_is_never_printed_as_none(self, tmp_path):
        """Printing None is an error, not the word None."""
        (tmp_path / "protocol.md.j2").write_text("{{ table.studies[0].year and none }}")
        with pytest.raises(TrialplanError, match="not there"):
            render(build(read("starter")), tmp_path)


class TestEscape:
    @pytest.mark.parametrize(
        "text", ["<script>alert(1)</script>", "a | b", "*bold*", "{{ 7 }}", "`code`", "[x](y)", "$x$"]
    )
    def test_markup_in_user_text_stays_text(self, text):
        """Characters that Markdown reads as markup are escaped, so the text comes out as it went in."""
        import pypandoc

        html = pypandoc.convert_text(escape(text), "plain", format="markdown", extra_args=["--wrap=none"])
        assert html.strip() == text

    @pytest.mark.parametrize("text", ["1. first", "- item", "+ item", "12) x", "# title"])
    def test_text_that_would_begin_a_list_stays_a_sentence(self, text):
        """A line that begins like a list item or a heading is not one."""
        import pypandoc

        html = pypandoc.convert_text(escape(text), "html", format="markdown")
        assert html.strip().startswith("<p>")

    @pytest.mark.parametrize("text", ["trialplan monitor a.toml", "a`b", "`a``b`", "'a`b'", "a{=html}"])
    def test_what_is_typed_stays_between_its_marks(self, text):
        """A name with marks of its own does not end the code."""
        import pypandoc

        found = pypandoc.convert_text(f"{code(text)}.", "html", format="markdown-raw_attribute")
        assert f"<code>{text}</code>" in found

    def test_lines_are_joined(self):
        """A line break in user text cannot end a table row."""
        assert escape("one\ntwo\r\n\r\nthree") == "one two three"


class TestFilters:
    @pytest.mark.parametrize(
        ("name", "value", "printed"),
        [
            ("percent", 0.2714, "27.1 %"),
            ("count", 9147, "9,147"),
            ("count", 365.4, "365.4"),
            ("power", 0.8009, "0.801"),
            ("power", 0.99999, "> 0.999"),
            ("power", 0.0001, "< 0.001"),
            ("number", -1.8, "−1.8"),
            ("signed", 0.5, "+0.5"),
            ("width", 0.2134, "21.3 points"),
        ],
    )
    def test_numbers_are_rounded_for_a_reader(self, name, value, printed):
        """Each filter prints a number the way a reader expects it, and never rounds to certainty."""
        assert FILTERS[name](value) == printed

    @pytest.mark.parametrize(
        ("text", "printed"), [("as said", "as said."), ("Levy et al.", "Levy et al."), ("who?", "who?")]
    )
    def test_a_sentence_ends_once(self, text, printed):
        """Text that ends in a mark of its own gets no second one."""
        assert FILTERS["ended"](text) == printed

    @pytest.mark.parametrize(("symbol", "printed"), [("p_C", "*p*~C~"), ("σ", "*σ*"), ("CV", "CV")])
    def test_symbols_look_as_in_the_formula(self, symbol, printed):
        """A symbol's index stands below the line, and a single letter is in italics."""
        assert FILTERS["symbol"](symbol) == printed


class TestEnvironment:
    def test_every_value_goes_through_the_escape(self):
        """A value printed without a filter is escaped."""
        from jinja2 import DictLoader

        env = environment(shipped("templates"))
        env.loader = DictLoader({"t": "{{ x }}"})
        assert env.get_template("t").render(x="a|b") == "a\\|b"
