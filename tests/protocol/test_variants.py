"""A protocol renders for every kind of primary endpoint that a plan may name, or one sentence says why not."""

import re

import pytest

from trialplan.errors import PlanError
from trialplan.plan import build, read
from trialplan.protocol import render

DRAWN = (
    'evidence = { study = "wang-2012", outcome = "complete remission", arm = "single" }\n'
    'bridge = { BRIDGE, source = "w" }'
)
DISCOUNT, ASSURANCE = "discount = 0.5", "\n[assurance]\ntarget = 0.8\n"
FUTILE = '\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "lan-demets-obrien-fleming"\nfutility = "{}"\n'
LOOKS = "\n[monitoring]\nlooks = [0.5, 1.0]\n"


def drawn(name, bridge=DISCOUNT):
    """An assumption drawn from the evidence."""
    return f"[endpoint.assumptions.{name}]\n{DRAWN.replace('BRIDGE', bridge)}\n"


def stated(**values):
    """Assumptions with a value."""
    one = '[endpoint.assumptions.{}]\nvalue = {}\nbasis = "ours"\nsource = "s"\n'
    return "".join(one.format(name, value) for name, value in values.items())


@pytest.fixture
def rendered(tmp_path):
    """The protocol of the starter with another primary endpoint."""

    def render_with(design, settings, assumptions, target, more=""):
        base = read("starter").text
        before, after = base[: base.index("[endpoint.settings]")], base[base.index("[[randomised]]") :]
        text = (
            before.replace("two-proportions", design) + f"[endpoint.settings]\n{settings}\n{assumptions}\n{after}{more}"
        )
        path = tmp_path / "plan.toml"
        path.write_text(text.replace("value = 0.167", f"value = {target}"), encoding="utf-8")
        return render(build(read(str(path))))

    return render_with


RATES = stated(control=0.2) + drawn("treatment")
PLANS = {
    "means": ("two-means", "", stated(difference=0.5, sd=1), 0.5),
    "welch": ("two-means", 'test = "welch"', stated(difference=0.5, sd=1, sd_treatment=1.4), 0.5),
    "by a margin": ("two-proportions", 'goal = "superiority"\nmargin = 0.1', RATES, 0.167),
    "equivalence": ("two-proportions", 'goal = "equivalence"\nmargin = 0.2', stated(control=0.5, treatment=0.5), 0.0),
    "pair": ("two-proportions", 'goal = "equivalence"\nmargin = [-0.2, 0.15]', stated(control=0.5, treatment=0.5), 0.0),
    "odds": (
        "two-proportions",
        'scale = "odds-ratio"\ngoal = "non-inferiority"\nmargin = 0.5\ntest = "log-odds"',
        stated(control=0.5, treatment=0.5),
        0.0,
    ),
    "ancova": (
        "ancova",
        'goal = "non-inferiority"\nmargin = 0.8\nscale = "ratio"',
        stated(ratio=1.0, sd=0.6, correlation=0.5),
        1.0,
    ),
    "ratio": ("ratio-of-means", "", stated(ratio=1.3, cv=0.5), 1.3),
    "single-arm": ("one-proportion", 'test = "exact"', stated(null=0.2) + drawn("expected"), 0.367),
    "lower": ("two-proportions", 'favourable = "lower"', stated(control=0.5, treatment=0.3), -0.2),
    "monitored": ("two-proportions", "", RATES, 0.167, LOOKS + ASSURANCE),
    "monitored-means": ("two-means", "", stated(difference=0.5, sd=1), 0.5, FUTILE.format("effect(0.1)")),
    "monitored-ratio": ("ratio-of-means", "", stated(ratio=1.3, cv=0.5), 1.3, FUTILE.format("effect(1.05)")),
    "monitored-ancova": (
        "ancova",
        'goal = "non-inferiority"\nmargin = 0.8\nscale = "ratio"',
        stated(ratio=1.0, sd=0.6, correlation=0.5),
        1.0,
        FUTILE.format("conditional-power(0.2)"),
    ),
    "bias": (
        "two-proportions",
        "",
        stated(control=0.2) + drawn("treatment", "bias = { mean = 0.5, sd = 0.3 }"),
        0.209,
        ASSURANCE,
    ),
}


class TestRender:
    @pytest.mark.parametrize("kind", PLANS)
    def test_it_recommends_a_number(self, rendered, kind):
        """The draft is written, its number provisional as nothing is answered, and prints no None and no nan."""
        text = rendered(*PLANS[kind])
        assert f"**Provisional.** {'Enrol' if kind == 'single-arm' else 'Randomise'}" in text
        assert " nan" not in text
        assert not re.search(r'\bNone\b(?!"? (of|means|is))', text.split("## The plan")[0])

    @pytest.mark.sweep
    def test_an_exact_primary_renders(self, rendered):
        """A primary that is sized by Fisher's test renders, its scenario cells searched one by one."""
        assert "fisher (this plan's test)" in rendered("two-proportions", 'test = "fisher"', RATES, 0.167)

    def test_a_two_stage_primary_is_refused(self, rendered):
        """A search that returns a design is no primary, and says so."""
        with pytest.raises(PlanError, match="needs a design that tests"):
            rendered("simon", "", stated(null=0.2, expected=0.4), 0.4)

    def test_assurance_of_a_lower_limit_is_refused(self, rendered):
        """A lower limit is no belief, so a plan that asks for its assurance is told what to bridge by."""
        lower = stated(control=0.2) + drawn("treatment", "lower_limit = 0.95")
        with pytest.raises(PlanError, match="bridge by a discount"):
            rendered("two-proportions", "", lower, 0.161, ASSURANCE)
