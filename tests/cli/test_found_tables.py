"""Tables that were read wrongly or not at all, as they were typed: each line of the list with what is said now.

The list was made by readers of an early version. Its kinds are tested where they belong (`tests/evidence`); here each
of its own inputs is typed, so that a line can be followed to its test.
"""

import csv
import json
import re

import pytest

from trialplan.evidence.headers import COLUMNS

TWO_ARMS = """study,outcome,arm,events,of
Smith 2001,response,drug,8,20
Smith 2001,response,placebo,3,20
Jones 2003,response,drug,9,30
Jones 2003,response,placebo,4,29
"""
ROLES = (
    TWO_ARMS.replace("arm,", "arm,role,").replace("drug,", "drug,treatment,").replace("placebo,", "placebo,control,")
)
HEAD = "study,outcome,events,of"


@pytest.fixture
def typed(tmp_path, run):
    """The answer to `trialplan evidence` on a table in a file, with what else is typed."""

    def made(text, *more, name="t.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return run("evidence", str(tmp_path / name), *more)

    return made


@pytest.fixture
def findings(typed):
    """What the audit of a table sees, by id."""

    def made(text, **how):
        ran = typed(text, "--json", **how)
        assert ran.code == 0, ran.err
        found = json.loads(ran.out)["findings"]
        return {id: [each["seen"] for each in found if each["id"] == id] for id in {each["id"] for each in found}}

    return made


def refused(ran):
    """The one sentence of a refusal."""
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    return ran.err


class TestWrongInSilence:
    def test_1_two_arms_without_a_word_on_their_roles(self, typed, findings):
        """Neither one arm of 11/40 nor two of the treatment: it is asked, and with roles each ratio has its sign."""
        assert "which of the arms drug and placebo of study Smith 2001" in refused(
            typed(TWO_ARMS, "--pool", "response")
        )
        for text, block in ((TWO_ARMS, {"P36"}), (ROLES, set())):
            whole = typed(text).out
            assert not re.search("all receive the treatment|neither arm is a control|25 points", whole, re.IGNORECASE)
            assert block <= findings(text).keys()
        pools = json.loads(typed(ROLES, "--pool", "response", "--json").out)["pools"]
        natural = {one["measure"]: round((one["back_transformed"] or one)["estimate"], 3) for one in pools}
        assert natural == {"risk-ratio": 2.384, "odds-ratio": 3.103, "risk-difference": 0.195}

    @pytest.mark.parametrize(
        ("printed", "raised"), [("30,0 %", False), ("29,6 %", True), ("4/10", True), ("3/10", False)]
    )
    def test_2_what_is_printed_beside_a_count(self, findings, printed, raised):
        """A decimal comma is one, and another count is noticed."""
        seen = findings(f'{HEAD},reported\na,x,3,10,"{printed}"\n').get("P12", [])
        assert bool(seen) is raised
        assert not any("0 % is printed" in each or "6 % is printed" in each.replace("29.6 %", "") for each in seen)

    @pytest.mark.parametrize("text", [f'{HEAD}\na,x,3,"12,000"\n', "study;outcome;events;of\na;x;3;12.000\n"])
    def test_3_thousands(self, typed, text):
        """12,000 and 12.000 are neither 12 nor 12 thousand until somebody says so."""
        assert "may be 12000 or 12; write 12000 or 12" in refused(typed(text))

    def test_4_one_name_in_two_spellings_and_a_total(self, typed, findings):
        """The study is told that leaves the pool, and a total is no study."""
        rows = f"{HEAD}\na,Response,3,9\nb,response,4,9\nc,response,5,9\n"
        assert findings(rows)["T10"][0].startswith("'Response' and 'response' are 2 outcomes here")
        assert "Not in the pool: 'Response' of a" in typed(rows, "--pool", "response").out
        assert "'Total' sums up the others" in refused(typed(f"{rows}Total,response,9,18\n", "--pool", "response"))

    def test_5_nothing_anywhere_and_no_spread(self, typed, findings):
        """0/60 has the upper limit .060; what is added on the logit is told; an SD of 0 is noticed."""
        rows = f"{HEAD}\na,death,0,20\nb,death,0,40\n"
        one = json.loads(typed(rows, "--pool", "death", "--method", "binomial-normal", "--json").out)["pools"][0]
        assert one["upper"] == pytest.approx(0.0596, abs=1e-4)
        assert "exact ones of 0/60" in one["warning"]
        assert "add half an event" in typed(f"{HEAD}\na,x,0,41\nb,x,3,40\n", "--pool", "x").out
        assert findings("study,outcome,n,change_mean,change_sd\na,x,9,1,0\n")["T12"] == ["change_sd is 0."]

    def test_6_limits_beyond_0_and_100(self, typed):
        """They are cut where they are printed, and it is told."""
        shown = typed(f"{HEAD}\na,x,0,20\nb,x,20,20\n", "--interval", "agresti-coull").out
        assert not re.search(r"-\d+\.\d %|10[1-9]\.\d %", shown)
        assert "printed as 0 % and 100 %" in shown


class TestDeadEnds:
    def test_7_the_ways_out_can_be_typed(self, typed):
        """What a refusal names is an option: --arms, --measure, --timepoint-months."""
        ways = refused(typed(ROLES, "--pool", "response", "--measure", "logit"))
        assert "--arms" in ways
        assert typed(ROLES, "--pool", "response", "--arms", "treatment").code == 0
        times = ROLES.replace("of\n", "of,timepoint_months\n", 1).replace("0\n", "0,6\n").replace("29\n", "29,6\n")
        later = times + "Jones 2003,response,drug,treatment,5,30,12\nJones 2003,response,placebo,control,4,29,12\n"
        assert "--timepoint-months" in refused(typed(later, "--pool", "response"))
        assert typed(later, "--pool", "response", "--timepoint-months", "6").code == 0

    def test_8_changes(self, typed):
        """Mean, SD and n of the change are pooled, with no word on a correlation."""
        rows = "study,outcome,change_mean,change_sd,n\na,w,-2,1.5,20\nb,w,-1,2,40\n"
        (one,) = json.loads(typed(rows, "--pool", "w", "--method", "fixed", "--json").out)["pools"]
        weights = [20 / 1.5**2, 40 / 2**2]
        assert one["estimate"] == pytest.approx((-2 * weights[0] - weights[1]) / sum(weights))

    @pytest.mark.parametrize("method", ["hedges", "maximum-likelihood"])
    def test_9_effects_as_they_are_printed(self, typed, method):
        """With their interval or standard error, τ² by either, and a P value."""
        rows = "study,outcome,HR,lower,upper,se\na,x,0.8,0.6,1.07,\nb,x,0.9,,,0.2\nc,x,0.5,0.3,0.8,\n"
        ran = typed(rows, "--pool", "x", "--measure", "hazard-ratio", "--method", method)
        assert ran.code == 0, ran.err
        assert re.search(r"P = 0\.0\d+, two-sided", ran.out)

    @pytest.mark.parametrize(
        "text",
        [
            "study;outcome;n;change_mean;change_sd\na;w;20;-2,5;1,5\n",
            "study\toutcome\tn\tchange_mean\tchange_sd\na\tw\t20\t-2.5\t1.5\n",
            "sep=;\nstudy;outcome;n;change_mean;change_sd\na;w;20;-2.5;1.5\n",
            "# exported\nstudy,outcome,n,change_mean,change_sd,,\na,w,20,-2.5,1.5,,\n",
            '"","Study","outcome","N","change","sd"\n"1","a","w",20,-2.5,1.5\n',
            "Study,outcome,total,change,sd,p\na,w,20,-2.5,1.5,NA\n",
        ],
    )
    def test_10_dialects(self, typed, text):
        """Of a CSV; those of xlsx and ods are among the 200 that a generator writes (`test_dialects`)."""
        row = json.loads(typed(text, "--json").out)["studies"][0]["outcomes"][0]
        assert (row["change_mean"], row["change_sd"], row["n"]) == (-2.5, 1.5, 20)

    def test_11_a_percentage_of_so_many(self, typed):
        """30 % of 10 is 3, not words."""
        row = json.loads(typed("study,outcome,of,reported\na,x,10,30%\n", "--json").out)["studies"][0]["outcomes"][0]
        assert (row["events"], row["of"]) == (3, 10)

    def test_12_errors_in_the_order_of_the_file_and_cells_of_two_lines(self, typed, tmp_path):
        """The first wrong row first; a line break breaks no line of a page."""
        ran = refused(typed(f"{HEAD}\na,x,one,9\nb,x,3,9\nc,x,two,9\n"))
        assert re.findall(r"line (\d)", ran) == ["2", "4"]
        assert typed(f'{HEAD}\n"Smith\n2001",x,3,9\n', "-o", str(tmp_path / "t.md")).code == 0
        assert "| Smith 2001 | x |" in (tmp_path / "t.md").read_text(encoding="utf-8")

    def test_13_the_help_a_csv_to_start_from_and_toml(self, typed, run, tmp_path):
        """kind's values, the columns, the ones that are known; a CSV is a CSV; slips of TOML have a way out."""
        shown = run("evidence", "--help").out
        assert "(landmark or ever)" in re.sub(r"\s+", " ", shown)
        assert "definition" in shown
        assert "centres" in shown
        assert "known are table, " in refused(typed("study,outcome,shoe size\na,x,44\n"))
        assert run("init", str(tmp_path / "evidence.csv")).code == 0
        text = (tmp_path / "evidence.csv").read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if not line.lstrip('"').startswith("#")]
        assert {"study", "outcome", "events", "of"} <= {*next(csv.reader(lines))} <= {*COLUMNS}
        table = '[table]\ntitle = "x"\n[[study]]\nkey = "a"\n'
        windows = refused(typed(table.replace('"x"', '"C:\\Users"'), name="t.toml"))
        assert "write / for it" in windows
        comma = refused(typed(f'{table}[[study.outcome]]\nname = "r"\nchange_mean = 3,1\n', name="t.toml"))
        assert "write a decimal point: 3.1" in comma

    def test_14_the_first_plan_on_a_new_table(self, run, tmp_path):
        """All that is wrong at once, with the section to remove; then the sum that does not fit."""
        (tmp_path / "own.csv").write_text(f"{HEAD},control\nwang-2012,complete remission,3,9,none\n", encoding="utf-8")
        assert run("init", str(tmp_path / "plan.toml")).code == 0
        text = (tmp_path / "plan.toml").read_text(encoding="utf-8").replace('"msc-lupus-nephritis"', '"own.csv"')
        (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
        typed = ("protocol", str(tmp_path / "plan.toml"), "-o", str(tmp_path / "p.md"))
        sentence = refused(run(*typed))
        assert "wang-2012" in sentence
        assert "[[randomised]] names no table, and the evidence table names none either; remove the section" in sentence

    def test_15_one_finding_lists_its_rows(self, typed):
        """Fifteen rows of one kind are told once."""
        rows = "".join(f"s{at},x,{at},30\n" for at in range(15))
        shown = typed(f"{HEAD}\n{rows}").out
        assert len(re.findall(r"^\w+ +P08 ", shown, re.MULTILINE)) == 1

    def test_16_no_name_of_the_first_example_in_the_schema(self):
        """Neither its disease nor its product is a column."""
        assert not [column for column in COLUMNS if re.search("nephr|cell|lupus|stem", column)]
