"""`trialplan evidence --pool`: one report per centre and all of them, side by side, and never in silence."""

import json

import pytest

TWO = (
    "study,outcome,arm,role,events,of\n"
    "Smith 2001,response,drug,treatment,8,20\nSmith 2001,response,placebo,control,3,20\n"
    "Jones 2003,response,drug,treatment,9,30\nJones 2003,response,placebo,control,4,29\n"
)


class TestPool:
    def test_overlapping_reports_stand_side_by_side(self, run):
        """Both ways are printed: the one report that stands for its centre, and all with their warning."""
        ran = run("evidence", "msc-lupus-nephritis", "--pool", "complete-remission")
        assert ran.code == 0
        assert "The same participants may be counted more than once: wang-2012 and wang-2013" in ran.out
        assert "no τ² and no prediction interval" in ran.out

    def test_json_holds_both_pools(self, run):
        """23 of 83 alone, and 24 of 57 with 23 of 83, are there at full precision."""
        ran = run("evidence", "msc-lupus-nephritis", "--pool", "complete-remission", "--json")
        pools = {one["reports"]: one for one in json.loads(ran.out)["pools"]}
        assert pools["one-per-centre"]["tau2"] is None
        assert pools["one-per-centre"]["back_transformed"]["estimate"] == pytest.approx(23 / 83)
        assert [(one["events"], one["n"]) for one in pools["all"]["studies"]] == [(24, 57), (23, 83)]

    def test_each_study_is_left_out_in_turn(self, run):
        """A pool of many studies shows what remains without each."""
        ran = run("evidence", "cerebral-vasospasm", "--pool", "clinical-improvement", "--json")
        assert len(json.loads(ran.out)["parts"]) == 14

    def test_what_is_left_out_stands_for_what_is_pooled(self, run, tmp_path):
        """Twice as many studies are twice as much JSON; beyond 500 nothing is left out, and JSON says so."""
        sizes = {}
        for studies in (40, 80, 501):
            rows = "".join(f"S{i:03},remission,{3 + i % 7},{20 + i % 5}\n" for i in range(studies))
            table = tmp_path / f"{studies}.csv"
            table.write_text(f"study,outcome,events,of\n{rows}")
            ran = run("evidence", str(table), "--pool", "remission", "--json", "--method", "dersimonian-laird")
            found, sizes[studies] = json.loads(ran.out), len(ran.out)
            assert [one["without"] for one in found["parts"][:2]] == ([["S000"], ["S001"]] if studies < 501 else [])
            assert [words[:38] for words in found["not_pooled"]] == (
                [] if studies < 501 else ["Pools without each study are told of u"]
            )
        assert sizes[80] < 2.2 * sizes[40]

    def test_subgroups_share_a_field(self, run):
        """--by pools within the groups that a field of the studies makes."""
        ran = run("evidence", "msc-lupus-nephritis", "--pool", "death", "--by", "product", "--json")
        assert {"UC", "BM", "BM, UC"} <= {one["part"] for one in json.loads(ran.out)["parts"]}

    def test_changes_need_a_correlation(self, run):
        """A mean change is pooled at the correlation that is given, and not without one."""
        typed = ("evidence", "msc-lupus-nephritis", "--pool", "proteinuria")
        refused, given = run(*typed), run(*typed, "--correlation", "0.5", "--json")
        assert refused.code == 2
        assert "correlation" in refused.err
        assert json.loads(given.out)["pools"][1]["estimate"] == pytest.approx(-1.8)

    @pytest.mark.parametrize(
        ("words", "way_out"),
        [
            (("--pool", "remision"), "complete remission"),
            (("--pool", "complete-remission", "--method", "remll"), "'reml'"),
            (("--pool", "complete-remission", "--by", "prduct"), "'product'"),
            (("--pool", "complete-remission", "--denominators", "all"), "denominators"),
            (("--method", "reml"), "--pool OUTCOME"),
        ],
    )
    def test_a_wrong_word_is_one_sentence(self, run, words, way_out):
        """What is typed wrong is answered in one sentence with the way out."""
        ran = run("evidence", "msc-lupus-nephritis", *words)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
        assert way_out in ran.err


def test_two_arms_have_a_number_each(run):
    """Where arms are compared the column says so, and each study has both numbers, as its row of JSON."""
    words = ("evidence", "warfarin-stroke", "--pool", "stroke")
    (pool, *_) = json.loads(run(*words, "--json").out)["pools"]
    study = pool["studies"][0]
    out = run(*words).out
    assert "n, treatment v control" in out
    assert f"{study['n']} v {study['control_n']}" in out
    assert study["control_n"]


class TestForest:
    """The pool as a picture."""

    def test_it_shows_studies_pool_and_prediction(self):
        """A row a study with its counts, then the pooled estimate, then where a new study would lie."""
        from trialplan import evidence
        from trialplan.evidence.pool_page import forest
        from trialplan.evidence.selection import PoolChoice, pool_outcome

        table = evidence.read("lupus-nephritis-controls")
        pool = pool_outcome(table, "complete renal response", PoolChoice(reports="all", denominators="enrolled"))
        picture = forest(pool, "complete renal response")
        assert len(picture.rows) == pool.k
        assert picture.pooled[0][1] == pool.natural.estimate
        assert picture.prediction == (pool.natural.prediction_lower, pool.natural.prediction_upper)
        assert f"{pool.studies[0].events}/{pool.studies[0].n}" in picture.rows[0][0]

    def test_from_the_command_line(self, run, tmp_path):
        """--forest writes the file, the same bytes each time; another suffix is refused."""
        command = ("evidence", "lupus-nephritis-controls", "--pool", "complete renal response")
        paths = [tmp_path / name for name in ("a.svg", "b.svg")]
        for path in paths:
            ran = run(*command, "--forest", str(path))
            assert ran.code == 0, ran.err
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert run(*command, "--forest", str(tmp_path / "a.gif")).code == 2


class TestTwoArms:
    def test_three_measures_stand_side_by_side(self, tmp_path, run):
        """--pool compares the arms that have roles, and asks where they have none."""
        (tmp_path / "t.csv").write_text(TWO)
        ran = run("evidence", str(tmp_path / "t.csv"), "--pool", "response", "--json")
        pools = json.loads(ran.out)["pools"]
        assert [one["measure"] for one in pools] == ["risk-ratio", "odds-ratio", "risk-difference"]
        (tmp_path / "t.csv").write_text(TWO.replace(",role", "").replace(",treatment", "").replace(",control", ""))
        ran = run("evidence", str(tmp_path / "t.csv"), "--pool", "response")
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "which of the arms drug and placebo" in ran.err

    def test_the_ways_out_are_options(self, tmp_path, run):
        """What a refusal advises can be typed: --arms, --measure and --timepoint-months."""
        path = str(tmp_path / "t.csv")
        (tmp_path / "t.csv").write_text(TWO.replace("of\n", "of,timepoint_months\n", 1).replace("0\n", "0,6\n"))
        for words in (("--arms", "control"), ("--measure", "odds-ratio"), ("--timepoint-months", "6")):
            assert run("evidence", path, "--pool", "response", *words).code == 0
        assert run("evidence", path, "--pool", "response", "--method", "peto", "--json").code == 0
        drawn = run("evidence", path, "--pool", "response", "--forest", str(tmp_path / "a.svg"))
        assert drawn.code == 0, drawn.err


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("--correlation", "high"), "--correlation must be a number, not 'high'"),
        (("--correlation", "1.5"), "--correlation must lie in [-1, 1], not 1.5"),
        (("--correlation", "nan"), "--correlation must lie in [-1, 1], not nan"),
        (("--timepoint-months", "a year"), "--timepoint-months must be a number, not 'a year'"),
        (("--timepoint-months", "-1"), "--timepoint-months must lie in [0, 1000000], not -1"),
    ],
)
def test_numbers_of_a_pool(run, typed, sentence):
    """What is no number, or none that can be, is refused by its option's name."""
    ran = run("evidence", "msc-lupus-nephritis", "--pool", "proteinuria", *typed)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
