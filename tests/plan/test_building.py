"""Building a plan: numbers with their chain, and what may not become a treatment effect."""

import subprocess
import sys
import textwrap

import pytest

from trialplan.errors import PlanError, TrialplanError, UnreachableError
from trialplan.files import shipped
from trialplan.plan import build, read

BRIDGE = 'bridge = { discount = 0.5, source = "why this much of the open-label excess is not believed" }\n'


@pytest.fixture
def edit(tmp_path):
    """A builder of the starter plan with some of its text replaced."""

    def built(*changes, base="starter"):
        text = (shipped("examples") / base / "plan.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return build(read(str(path)))

    return built


class TestShippedPlan:
    def test_the_treatment_rate_keeps_its_chain_to_the_row(self):
        """The treatment rate is 16/30 bridged to the control rate in two terms, and says so."""
        trial = build(read("msc-lupus-nephritis"))
        one = trial.primary.assumption("treatment")
        assert one.reading.events == 16
        assert one.reading.of == 30
        assert one.reading.study.key == "wang-2012"
        control = trial.primary.assumption("control").value
        first = control + 0.604 * (16 / 30 - control)
        assert one.value / (1 - one.value) == pytest.approx(first / (1 - first) * 0.87)
        assert (one.bridge.discount, one.bridge.no_blinding.preset.key) == (0.396, "robes")

    def test_every_assumption_has_a_source(self):
        """No number of the plan stands without a source and a basis."""
        trial = build(read("msc-lupus-nephritis"))
        assumptions = [one for endpoint in trial.endpoints for one in endpoint.assumptions]
        assert len(assumptions) >= 8
        assert all(
            one.source and one.basis in ("cited", "derived", "ours", "evidence", "belief") for one in assumptions
        )

    def test_n_is_what_the_chi_squared_formula_gives(self):
        """127 per arm, recomputed here from the textbook formula with the standard library."""
        from statistics import NormalDist

        z = NormalDist().inv_cdf
        trial = build(read("msc-lupus-nephritis"))
        p_c = trial.primary.assumption("control").value
        first = p_c + 0.604 * (16 / 30 - p_c)
        odds = first / (1 - first) * 0.87
        p_t = odds / (1 + odds)
        mean = (p_c + p_t) / 2
        root = z(0.975) * (2 * mean * (1 - mean)) ** 0.5 + z(0.8) * (p_c * (1 - p_c) + p_t * (1 - p_t)) ** 0.5
        per_arm = (root / (p_t - p_c)) ** 2
        assert trial.answer.arms_unrounded["treatment"] == pytest.approx(per_arm)
        assert trial.answer.arms == {"treatment": 127, "control": 127}


class TestUncontrolledRate:
    @pytest.mark.parametrize(
        ("design", "refused"),
        [
            ("two-proportions", r"bridged toward control as one rate, not 0\.2, 0\.4; state one"),
            ("stratified-proportions", "does not state as one number"),
        ],
    )
    def test_a_bridge_leads_to_one_rate(self, edit, design, refused):
        """A bridge toward several control rates is refused, in a design that takes several too."""
        values = ('design = "two-proportions"', f'design = "{design}"'), ("value = 0.2\n", "value = [0.2, 0.4]\n")
        with pytest.raises(PlanError, match=refused):
            edit(*values)

    def test_it_needs_a_discount_or_an_acknowledgement(self, edit):
        """An uncontrolled rate without a bridge does not become the treatment rate."""
        with pytest.raises(PlanError, match=r"P01.*bridge\.discount"):
            edit((BRIDGE, ""))

    def test_a_discount_of_nothing_must_be_acknowledged(self, edit):
        """A discount of 0 is the rate as it stands, which takes an acknowledgement in words."""
        with pytest.raises(PlanError, match="discount of 0"):
            edit(("discount = 0.5", "discount = 0.0"))

    def test_an_acknowledgement_takes_the_rate_as_it_stands(self, edit):
        """With an acknowledgement the treatment rate is the observed one."""
        trial = edit(
            (BRIDGE, 'bridge = { acknowledge_uncontrolled = "a teaching example" }\n'),
            ("value = 0.167", "value = 0.333"),
        )
        assert trial.primary.assumption("treatment").value == pytest.approx(16 / 30)

    def test_the_whole_discount_leaves_no_trial(self, edit):
        """When none of the excess is believed, no number of participants shows an effect."""
        with pytest.raises(UnreachableError, match="no number of participants"):
            edit(("discount = 0.5", "discount = 1.0"))

    def test_a_control_rate_may_be_drawn_from_the_table_as_it_stands(self, edit):
        """A rate that is not the effect needs no bridge."""
        drawn = '[endpoint.assumptions.control]\nevidence = { study = "wang-2013", outcome = "complete remission" }\n'
        trial = edit(
            (
                '[endpoint.assumptions.control]\nvalue = 0.2\nbasis = "ours" # cited, derived or ours\n'
                'source = "name the placebo arm, its definition and its time point"\n',
                drawn,
            ),
            ("value = 0.167", "value = 0.128"),
        )
        assert trial.primary.assumption("control").value == pytest.approx(23 / 83)


class TestControlledRate:
    ROWS = "study,outcome,arm,role,events,of\nSmith,response,drug,treatment,8,20\nSmith,response,none,control,3,20\n"
    OWN = (
        ('table = "msc-lupus-nephritis"', 'table = "own.csv"'),
        ('study = "wang-2012", outcome = "complete remission", arm = "single"',
         'study = "Smith", outcome = "response", arm = "drug"'),
        ('[[randomised]] # this table names a randomised trial of the same treatment, so the plan must answer it; '
         'remove this section with another table\nstudy = "deng-2017"\noutcome = "complete remission"\n'
         'answer = "Say why the trial is planned although this one saw no benefit"\n', ""),
    )  # fmt: skip

    @pytest.mark.parametrize(("bridge", "rate", "shown"), [(BRIDGE, 0.3, 0.1), ("", 0.4, 0.2)])
    def test_a_bridge_that_the_plan_names_is_not_passed_over(self, edit, tmp_path, bridge, rate, shown):
        """A rate that was seen beside a control is bridged where the plan says so, and taken as it is where not."""
        (tmp_path / "own.csv").write_text(self.ROWS, encoding="utf-8")
        trial = edit(*self.OWN, (BRIDGE, bridge), ("value = 0.167", f"value = {shown}"))
        assert trial.primary.assumption("treatment").value == pytest.approx(rate)

    def test_what_is_no_effect_has_no_bridge(self, edit):
        """A bridge on a control rate is refused, not left unread."""
        drawn = f'evidence = {{ study = "wang-2013", outcome = "complete remission" }}\n{BRIDGE}'
        with pytest.raises(PlanError, match="control names a bridge, and only the effect is bridged; remove it"):
            edit(
                ('value = 0.2\nbasis = "ours" # cited, derived or ours\n', drawn),
                ('source = "name the placebo arm, its definition and its time point"\n', ""),
            )


class TestLosses:
    def test_missing_as_non_response_is_never_inflated_as_well(self, edit):
        """Non-response imputation and inflation for dropout at one endpoint are refused."""
        with pytest.raises(PlanError, match="same losses"):
            edit(('missing = "non-response"', 'missing = "non-response"\ndropout = 0.1'))

    def test_left_out_participants_need_a_share(self, edit):
        """Leaving missing outcomes out without saying how many is refused."""
        with pytest.raises(PlanError, match="needs dropout"):
            edit(('missing = "non-response"', 'missing = "excluded"'))


class TestMonitoring:
    def test_looks_wrap_the_primary(self, edit):
        """A monitored plan is sized by its group-sequential design, a little larger than the fixed one."""
        fixed = edit()
        looked = edit(("[scenarios]", "[monitoring]\nlooks = [0.5, 1.0]\n\n[scenarios]"))
        assert looked.primary.design.looks == (0.5, 1.0)
        assert fixed.answer.n < looked.answer.n < 1.05 * fixed.answer.n


WRONG = {
    "study": ('study = "wang-2012"', 'study = "wang-2021"', "did you mean 'wang-20"),
    "outcome": ('outcome = "complete remission"', 'outcome = "complete remision"', "did you mean 'complete remission'"),
    "arm": (', arm = "single"', "", "single, double"),
    "design": ('design = "two-proportions"', 'design = "two-proportion"', "did you mean 'two-proportions'"),
    "test": ('test = "score"', 'test = "scores"', "did you mean 'score'"),
    "field": ("[endpoint.assumptions.control]", "[endpoint.assumptions.contol]", "did you mean 'control'"),
    "percent": ('value = 0.2\nbasis = "ours"', 'value = 20\nbasis = "ours"', "write 20 % as 0.2"),
    "allocation": ('allocation = "1:1"', 'allocation = "1"', "two whole numbers"),
    "table": ('table = "msc-lupus-nephritis"', 'table = "table.csv"', "no file table.csv"),
    "source": (
        'source = "name the placebo arm, its definition and its time point"\n',
        "",
        "needs a value with its source",
    ),
    "roles": ('role = "primary"', 'role = "secondary"', "exactly one endpoint"),
    "margin": ('test = "score"', 'test = "score"\ngoal = "non-inferiority"', "margin is needed"),
}


class TestWrongPlan:
    @pytest.mark.parametrize("case", WRONG)
    def test_it_is_one_sentence_with_the_way_out(self, edit, case):
        """A plan that cannot be built says where and what to write instead."""
        old, new, hint = WRONG[case]
        with pytest.raises(TrialplanError) as error:
            edit((old, new))
        assert hint in str(error.value)
        assert "\n" not in str(error.value)

    def test_it_costs_neither_numpy_nor_scipy(self, tmp_path):
        """A plan that cannot be built is refused before numpy or scipy is imported, whichever it is."""
        source = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        for case, (old, new, _) in WRONG.items():
            (tmp_path / f"{case}.toml").write_text(source.replace(old, new, 1), encoding="utf-8")
        program = """
            import sys
            from trialplan.errors import TrialplanError
            from trialplan.plan import build, read
            for path in sys.argv[1:]:
                try:
                    build(read(path))
                    sys.exit(f"{path}: no error")
                except TrialplanError:
                    heavy = {"numpy", "scipy"} & set(sys.modules)
                    if heavy:
                        sys.exit(f"{path}: imported {heavy}")
        """
        paths = sorted(map(str, tmp_path.glob("*.toml")))
        assert len(paths) == len(WRONG)
        subprocess.run([sys.executable, "-c", textwrap.dedent(program), *paths], check=True)


class TestAgreement:
    def test_a_target_that_is_not_the_planned_difference_is_refused(self, edit):
        """The stated target difference must be the one that the assumptions plan for."""
        with pytest.raises(PlanError, match=r"value is 16, but the assumptions plan for 0\.167 \(0\.367 − 0\.2\)"):
            edit(("value = 0.167", "value = 16"))

    def test_a_new_table_is_answered_at_once(self, edit, tmp_path):
        """What the starter says of the first table is named in one go: its study, and the trial that it answers."""
        table = "study,outcome,events,of,control\na,x,3,9,none\n"
        (tmp_path / "evidence.csv").write_text(table, encoding="utf-8")
        with pytest.raises(PlanError) as refused:
            edit(('table = "msc-lupus-nephritis"', 'table = "evidence.csv"'))
        first, second = str(refused.value).split(" | ")
        assert "no study 'wang-2012'; known are a" in first
        assert second.startswith("[[randomised]] names no table")
        assert "remove the section" in second

    def test_a_citation_that_is_not_listed_is_refused(self, edit):
        """A source that cites [key] needs that key among the references."""
        with pytest.raises(PlanError, match=r"cites \[nowhere\]"):
            edit(("name the placebo arm, its definition", "see [nowhere], its definition"))

    def test_a_bridge_without_a_reason_is_refused(self, edit):
        """A discount without a source is not a plan."""
        with pytest.raises(PlanError, match=r"add bridge\.source"):
            edit((', source = "why this much of the open-label excess is not believed"', ""))

    def test_a_primary_that_says_nothing_of_missing_outcomes_is_refused(self, edit):
        """The primary endpoint must say how a missing outcome is analysed."""
        with pytest.raises(PlanError, match="missing = 'non-response' or 'excluded'"):
            edit(('missing = "non-response"\n', ""))

    def test_two_endpoints_of_one_name_are_refused(self, edit):
        """No endpoint is dropped because another bears its name."""
        again = """[[endpoint]]
name = "response at 12 months"
role = "secondary"
variable = "v"
metric = "m"
aggregation = "a"
timepoint = "t"
definition = "d"

[[randomised]]"""
        with pytest.raises(PlanError, match="two endpoints are called 'response at 12 months'"):
            edit(("[[randomised]]", again))
