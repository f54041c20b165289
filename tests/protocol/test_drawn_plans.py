"""Documents of plans drawn at random from the catalogue are true: one number randomised, losses once, units, words."""

import math
import re

import drawn_plans
import golden_statements
import pytest
from drawn_plans import drawn_plan
from small_plans import prose_of

from trialplan.design import Design
from trialplan.plan import read
from trialplan.protocol.checking.check import check
from trialplan.protocol.content.readers import document as kind_of
from trialplan.protocol.formats import documents
from trialplan.protocol.formats.markdown import PROTOCOL, text_of
from trialplan.protocol.formats.pictures import pictures

FEW = range(len(drawn_plans.testing()))
"""One plan of every design that may size a trial."""

MANY = range(len(drawn_plans.testing()), max(66, 9 * len(drawn_plans.testing())))
"""The others, with the few at least sixty."""


BETTER = {
    "higher": ("a higher rate", "higher values", "more events", "later categories"),
    "lower": ("a lower rate", "lower values", "fewer events", "earlier categories"),
}
"""How a document says which side is the better one, by the side of the plan."""


@pytest.fixture
def document(tmp_path):
    """The plan of a seed, its trial, what its document prints, and its Markdown as a reader sees it."""

    def of(seed):
        plan = drawn_plan(seed)
        trial = plan.built(tmp_path)
        said = kind_of(PROTOCOL).context(trial)
        return plan, trial, said, prose_of(text_of(trial, said, pictures(trial)))

    return of


def randomised(plan, trial):
    """Those to randomise by arm: the fewest blocks, or clusters, of which those who are not lost cover every arm."""
    weights = trial.design.weights
    kept = 1 - plan.dropout
    arms = trial.answer.arms.values()
    blocks = max(math.ceil(round(n / kept, 9) / weight) for n, weight in zip(arms, weights, strict=True))
    at_once = trial.design.step // trial.design.block
    return [math.ceil(blocks / at_once) * at_once * weight for weight in weights]


def compared(plan, trial):
    """Those whom a secondary endpoint compares: all, or of several treatments one, each alike, and the control."""
    arms = randomised(plan, trial)
    return arms[0] + arms[-1] if len(arms) > 2 else sum(arms)


class Holds:
    """What holds of every drawn document."""

    def judge(self, document, seed):
        plan, trial, said, text = document(seed)
        print(f"seed {seed}: {plan.kind}, {plan.rule or 'no family'}, dropout {plan.dropout}")  # told where it fails
        self.one_number(plan, trial, text)
        self.losses_once(plan, trial, said)
        self.units(plan, text)
        self.claims(plan, text)
        assert "**The worst doubt.** " in text
        self.no_slips(text)

    def one_number(self, plan, trial, text):
        arms = randomised(plan, trial)
        unit = "pairs" if trial.design.arm_names == ("pairs",) else "participants"
        assert not re.search(r"\d participants give" if unit == "pairs" else r"\d pairs (?:give|are)", text)
        total, analysed = f"{sum(arms):,}", f"{trial.answer.n:,}"
        done = "randomised" if len(arms) > 1 or plan.primaries[0].design.in_turn else "enrolled"
        assert re.findall(rf"\b(?:Randomise|Enrol) ([\d,]+) {unit}", text) == [total]
        assert {*re.findall(rf"([\d,]+) {unit} (?:are )?{done}\b", text)} == {total}
        assert {*re.findall(rf"[Ww]ith ([\d,]+) {done}", text)} <= {total}
        assert f"| {unit.capitalize()} | {total} {done}" in text
        lines = re.findall(r"^\| (arm|sequence) \| .* \| ([\d,]+) \|$", text, re.M)
        shown = [int(n.replace(",", "")) for _, n in lines]
        # of a crossover the sequences share those who are randomised
        assert shown == arms or ({kind for kind, _ in lines} == {"sequence"} and sum(shown) == sum(arms))
        assert len(re.findall(rf"^\| In all, {done} \| {total} \|$", text, re.M)) == (plan.dropout > 0)
        if plan.dropout:
            assert f"so that at least {analysed} are expected to have the outcome" in text
            assert f"at least {analysed} of them are expected to have the outcome, which gives" in text
        else:
            assert re.search(rf"\b{analysed} {unit}(?:, in [^.;]*?,)? give", text)  # of clusters, in how many they come

    def losses_once(self, plan, trial, said):
        n, drawn = compared(plan, trial), {one.name: one for one in plan.endpoints}
        for view in said["secondary"]:
            if view.at_trial is not None and isinstance(view.design, Design):
                seen = n * (1 - (drawn[view.section.name].dropout or 0))
                block = view.design.block
                assert view.at_trial.observed == (seen if view.design.smooth else max(1, seen // block) * block)
        if said["monitored"]:
            last = said["monitored"].last
            assert last.n == trial.answer.n
            assert last.randomised in (None, n)

    def units(self, plan, text):
        """A number of a ratio has no unit, a difference of rates is in points, a measurement in the plan's own unit."""
        for one in plan.primaries:
            fixed = one.design
            effect = fixed.declarations()[fixed.effect]
            shown = ledger(text, one.name)
            alike = plan.arms and "effect_shares" not in plan.text
            value = shown[(effect.of_each_treatment() if alike else effect).label]
            planned = float(fixed.effect_value())
            if effect.unit == "proportion":
                assert re.fullmatch(r"[\d.]+\.\d{1,} %", value)
                assert float(value.split()[0]) == pytest.approx(100 * planned, rel=1e-3)
            elif effect.unit == "difference of proportions":
                assert value == f"{100 * planned:+.1f} points".replace("-", "−")
            else:
                own = unit_of(one)
                # with every digit that the plan states, so that whoever recomputes n has the number
                number, _, unit = value.partition(" ")
                assert float(number.replace("−", "-").replace(",", "")) == pytest.approx(planned, rel=1e-6)
                assert unit == own

    def claims(self, plan, text):
        """The margin has its scale and unit; tests, sides and interval are those of the goal, and so is the side."""
        for one in plan.primaries:
            fixed, two = one.design, one.design.goal == "equivalence"
            ratio = fixed.scale != "difference"
            share = any(
                p.unit in ("proportion", "difference of proportions")
                for p in fixed.declarations().values()
                if p.role == "effect" and fixed.field("effect")
            )
            if fixed.margin is not None:
                words = margin_words(fixed.margin, ratio, share, unit_of(one))
                assert f"margin of {words} on the " in text
                limits = [float(value) for value in fixed.outcome.null_limits(fixed)]
                side = "between" if two else "above" if fixed.upward else "below"
                read = " and ".join(limit_words(limit, ratio, share, unit_of(one)) for limit in limits)
                by_rule = plan.arms and "none: the statistics decide, by the rule" in text  # several treatments
                assert by_rule or f"interval must lie wholly {side} {read}" in text
            level = float(fixed.alpha) / fixed.sides
            assert fixed.decides or f"{100 * (1 - 2 * level):.4g} % interval" in text
            if two:
                assert f"two one-sided tests, each at the {fixed.alpha:g} level" in text
            else:
                assert any(re.search(rf"; {words} (is|are) better\b", text) for words in better(fixed)) or (
                    ("; the participant who is better off wins a pair" in text or not fixed.directed)
                    and "favourable" not in fixed.declarations()
                )

    def no_slips(self, text):
        """No field name, None, nan, escape or empty slot is printed."""
        plain = re.sub(r"`[^`]*`|\$\$.*?\$\$", "code", text, flags=re.S)
        plain = re.sub(r"^# Checklists.*", "", plain, flags=re.M | re.S)
        assert not re.search(r"\bNone\b(?! (?:of|is)\b)", plain)
        assert not re.search(r"\bnan\b|\binf\b|∞", plain)
        assert not re.search(r"\b[a-z]+_[a-z]+\b", plain), re.search(r"\b[a-z]+_[a-z]+\b", plain)
        assert not re.search(r"\(\s*\)|\(\s*[,;]|[,;:]\s*[.;,)]|\s[,;.](?=\s)|\.\.(?!\.)", plain)
        rows = [line for line in plain.splitlines() if line.startswith("|") and not re.fullmatch(r"[|\s]*", line)]
        assert not [line for line in rows if re.search(r"\|\s*\|", line.replace("\\|", ""))]
        slips = r"\(scale |natural logs|units of the outcome|difference of proportions \(|(?<![\d.,])1 participants\b"
        assert not re.search(slips, plain)


def unit_of(one):
    """A ratio has no unit, a measurement the plan's, and what is counted or lasts that of the design."""
    effect = one.design.declarations()[one.design.effect]
    own = effect.unit.replace("ratio", "")
    if "units of the outcome" in own and not one.unit:
        return ""  # what a plan measures in no unit changes by no unit in a time
    for unnamed, said in (("units of time", one.time_unit), ("unit of time", (one.time_unit or "").rstrip("s"))):
        own = own.replace(unnamed, said) if said else own
    return own.replace("units of the outcome", one.unit or "")


def better(fixed):
    """What may be said of the better side: times are the later, the lower the hazard is."""
    later = (fixed.favourable == "lower") is (fixed.effect == "hazard_ratio")
    return (*BETTER[fixed.favourable], "later events" if later else "earlier events")


def ledger(text, name):
    """The values of the assumptions for an endpoint by their labels."""
    table = re.search(rf"((?:^\|.*\|\n)+)\n: \*\*Table \d+\.\*\* Assumptions for {re.escape(name)}\.", text, re.M)[1]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {re.sub(r" \([^()]*\)$", "", row[0]): row[1] for row in rows}


def limit_words(limit, ratio, share, unit, signed=True):
    """A limit as it is read on its scale: a ratio as such, a share in points, else in the outcome's unit."""
    if ratio:
        return f"{limit:.3g}"
    if share:
        return f"{100 * limit:{'+' if signed else ''}.1f} points".replace("-", "−")
    return f"{limit:.3g} {unit}".rstrip().replace("-", "−")


def margin_words(margin, ratio, share, unit):
    """A margin as it is stated: an amount without a sign, or a pair of limits."""
    if isinstance(margin, tuple):
        return " to ".join(limit_words(limit, ratio, share, unit) for limit in margin)
    return limit_words(margin, ratio, share, unit, signed=False)


class TestDrawn(Holds):
    @pytest.mark.parametrize("seed", FEW)
    def test_a_document_of_every_design_is_true(self, document, seed):
        """Its numbers, losses, units, claims and words hold."""
        self.judge(document, seed)

    @pytest.mark.sweep
    @pytest.mark.parametrize("seed", MANY)
    def test_documents_are_true(self, document, seed):
        """The same of the many."""
        self.judge(document, seed)

    @pytest.mark.sweep
    @pytest.mark.parametrize("seed", [*FEW, *MANY])
    def test_the_written_document_agrees_with_its_plan(self, tmp_path, seed):
        """A document is found to be what its plan gives."""
        path = drawn_plan(seed).written(tmp_path)
        documents.write(read(str(path)), [tmp_path / "protocol.md"])
        found = check(tmp_path / "protocol.md")
        assert found.ok, (seed, found.wrong)
        assert found.comparison.statements


class TestGolden:
    @pytest.mark.sweep
    def test_statements_are_those_that_were_read(self):
        """The statement for each design, goal and scale is the one in the file."""
        assert golden_statements.statements() == golden_statements.kept()
