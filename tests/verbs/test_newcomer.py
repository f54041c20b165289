"""What a statistician met who had read `help(trialplan)` alone: each kind of sentence, answer and way out."""

import inspect
import re

import numpy as np
import pytest

import trialplan
from trialplan import (
    EventCounts,
    GroupSequential,
    LogRank,
    OneProportion,
    RepeatedMeasures,
    TwoMeans,
    TwoProportions,
    assurance,
    audit,
    build,
    compare,
    effect,
    exclude,
    monitor,
    pool,
    power,
    randomise,
    render_protocol,
    reproduce,
    scenarios,
    size,
    tornado,
    verify,
)
from trialplan.belief import Beta
from trialplan.cli import main
from trialplan.enrolment.randomisation import Scheme
from trialplan.errors import ParameterError, TrialplanError, did_you_mean, setting
from trialplan.evidence.pooling import Pool

RATES = TwoProportions(control=0.3, treatment=0.5)
TIMES = LogRank(hazard_ratio=0.7, control_median=12, accrual_time=24, follow_up_time=12)
PLAN = "msc-lupus-nephritis"

CALLS = [name for name, home in trialplan._HOMES.items() if home.startswith("trialplan.verbs")]


class TestHelp:
    def test_it_leads_within_twenty_lines(self):
        """What to make, what to call, and which help is enough."""
        first = "\n".join(trialplan.__doc__.splitlines()[:20])
        leads = (
            "print(size(TwoProportions(",
            "`help(trialplan.size)`",
            "all that you need",
            "list_designs()",
            "CLASSES",
        )
        assert [told for told in leads if told not in first] == []

    def test_the_fields_of_a_statement_are_listed(self):
        """Every key that counts participants or stands around a statement is in the help of `reproduce`."""
        from trialplan.analyses.reproduction.statement import AROUND, OF_INFORMATION, SIZES

        told = inspect.getdoc(reproduce)
        assert [name for name in (*AROUND, *SIZES, *OF_INFORMATION) if f"`{name}`" not in told] == []

    def test_each_call_says_what_it_takes(self):
        """The signature is that of the call, whatever is put around it."""
        assert list(inspect.signature(size).parameters)[:3] == ["design", "power", "dropout"]


class TestArguments:
    @pytest.mark.parametrize("name", CALLS)
    def test_an_unknown_name_is_a_sentence(self, name):
        """Of every public call."""
        call = getattr(trialplan, name)
        taken = inspect.signature(call).parameters
        values = [RATES for one in taken.values() if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
        values = ["two-means"] if name == "reproduce" else values  # which takes more names than its own
        with pytest.raises(TrialplanError, match="quatsch"):
            call(*values, quatsch=1)

    @pytest.mark.parametrize("name", [name for name in CALLS if name not in ("render_protocol", "elicit")])
    def test_too_many_are_a_sentence(self, name):
        """None takes fifty without a name, but those that take any number of files."""
        with pytest.raises(TrialplanError, match=r"without a name|leave the others out"):
            getattr(trialplan, name)(*[RATES] * 50)

    def test_a_number_of_the_design(self):
        """Where it belongs, and how several values of it are given."""
        with pytest.raises(ParameterError, match=r"TwoProportions\(control=...\); several values of it are axes="):
            scenarios(RATES, control=(0.1, 0.2))

    def test_an_error_inside_a_call_stays_what_it_is(self):
        """Only arguments that do not fit are told; a TypeError of what is called by it is not hidden."""

        def raises(done, total):
            raise TypeError("mine")

        with pytest.raises(TypeError, match="mine"):
            verify(RATES, trials=1000, progress=raises)

    @pytest.mark.parametrize("n", [200.0, np.float64(200), np.int64(200), np.float32(200)])
    def test_whole_numbers_of_any_kind(self, n):
        """As numpy and pandas have them."""
        assert power(RATES, n).n == 200
        assert effect(RATES, n=n).n == 200
        assert exclude(RATES, [n]).ns == (200,)
        assert exclude(RATES, range(100, 201, 100)).ns == (100, 200)
        assert randomise(arms=["a", "b"], n=n, seed=np.int64(1)).n == 200

    @pytest.mark.parametrize("n", ["200", 200.5, True, np.array([2, 4])])
    def test_what_is_no_whole_number(self, n):
        """A text is told in quotes: 200 would contradict itself."""
        shown = "'200'" if isinstance(n, str) else ""
        with pytest.raises(ParameterError, match=f"whole number of participants in all, not {shown}"):
            power(RATES, n) if not isinstance(n, str) else exclude(RATES, n)


class TestWaysOut:
    def test_as_the_caller_spells(self):
        """In Python an argument, on the command line an option."""
        with pytest.raises(ParameterError, match="as in n=120") as told:
            power(RATES)
        assert told.value.worded({"n": "--n"}).endswith("as in --n 120")
        with pytest.raises(ParameterError, match=r"arms=\['treatment', 'control'\], n=60"):
            randomise()
        with pytest.raises(ParameterError, match=r"GroupSequential\(design=..., looks=\(0.5, 1\)\)"):
            monitor(RATES, events="1/2,1/2")

    def test_two_settings_in_a_row(self):
        """A comma between them in Python, none on the command line."""
        error = ParameterError(f"as in {setting('arms', 'a,b')} {setting('n', 6)}; or not")
        assert str(error) == 'as in arms="a,b", n=6; or not'
        assert error.worded({"arms": "--arms", "n": "--n"}) == "as in --arms a,b --n 6; or not"

    @pytest.mark.parametrize(
        ("ask", "way_out"),
        [
            (lambda: size("two-proportions"), r"make it by its class, as in TwoProportions\(control="),
            (lambda: size(TwoMeans), r"give it its numbers, as in TwoMeans\(difference="),
            (lambda: verify("two-means"), r"as in TwoMeans\("),
            (lambda: verify(size(RATES)), r"verify\(answer.design\)"),
            (lambda: reproduce(TwoMeans(difference=1, sd=2), n=3), r"reproduce\(TwoMeans, difference=..., sd=..., n"),
            (lambda: reproduce("two-means", n_per_group=64), "n is the total, and per_arm, arms, enrolled and"),
            (lambda: reproduce("two-means", smd=0.5, n=128), "standardised effect of 0.5 is difference=0.5, sd=1"),
            (lambda: TwoMeans(d=0.3), "standardised effect of 0.3 is difference=0.3, sd=1"),
            (lambda: scenarios(RATES, {"control": "0.1-0.3"}), "first:last:step, as in 0.1:0.3:0.05"),
            (lambda: render_protocol("starter", document="paragraph"), "document cannot be 'paragraph'.*statement"),
            (lambda: TwoProportions(control=0.3, treatment=0.5, test="chi2"), "may mean any of score, "),
            (lambda: pool(PLAN), "outcome is needed: .*; its outcomes are .*complete-remission"),
        ],
    )
    def test_where_to_go(self, ask, way_out):
        """Each ends in what can be typed."""
        with pytest.raises(TrialplanError, match=way_out):
            ask()

    def test_a_test_by_another_name(self):
        """What has one meaning is taken."""
        assert TwoProportions(control=0.3, treatment=0.5, test="Barnard").test == "exact-pooled"

    def test_a_long_list_is_shortened_to_the_nearest(self):
        """Of 47 names five; of twenty all."""
        many = [f"name-{i}" for i in range(47)]
        assert did_you_mean("zzz", many).startswith("nearest are ")
        assert did_you_mean("zzz", many).endswith(", of 47")
        assert did_you_mean("zzz", many[:20]).startswith("known are name-0, ")
        with pytest.raises(ParameterError) as told:
            trialplan.list_designs("quatsch")
        assert len(str(told.value)) < 200

    def test_no_circle_of_grids(self):
        """What refuses a grid names scenarios with plain numbers, and that answers and draws."""
        grid = TwoProportions(control=np.array([0.2, 0.3]), treatment=0.5)
        for ask in (lambda: scenarios(grid, {"alpha": [0.05]}), lambda: size(grid).figure()):
            with pytest.raises(ParameterError, match=r"plain numbers, and the arrays to scenarios\(design, axes="):
                ask()
        with pytest.raises(ParameterError, match="losses divide every n alike"):
            size(grid, dropout=0.1)
        assert scenarios(RATES, {"control": [0.2, 0.3]}).figure().alt()


class TestPerCent:
    @pytest.mark.parametrize(
        ("value", "told"), [(60, "write 60 % as 0.6"), (2, "write 2 % as 0.02"), (1.5, ""), (1.2, ""), (101, "")]
    )
    def test_a_rate(self, value, told):
        """From 2 to 100 it is one in per cent; below it may be a slip for 0.12."""
        with pytest.raises(ParameterError) as why:
            TwoProportions(control=value, treatment=0.5)
        assert why.value.way_out == told

    @pytest.mark.parametrize(("value", "told"), [(80, "write 80 % as 0.8"), (1.2, "")])
    def test_a_power(self, value, told):
        """Nobody asks for a power of 1.2 %."""
        with pytest.raises(ParameterError) as why:
            size(RATES, power=value)
        assert why.value.way_out == told

    def test_a_level(self):
        """Of what may be 1 or 2 % it is likely."""
        with pytest.raises(ParameterError, match=r"write 1.5 % as 0.015"):
            TwoProportions(control=0.3, treatment=0.5, alpha=1.5)


class TestLosses:
    def test_a_share_becomes_a_rate(self):
        """By their own number, where a time is known: -ln(0.9)/12 = 0.00878, and that many leave by then."""
        with pytest.raises(ParameterError, match=r"10 % by time 12 are -ln\(1 - 0.1\)/12, as in dropout_rate=0.00878"):
            size(TIMES, dropout=0.1)
        assert 1 - np.exp(-0.00878 * 12) == pytest.approx(0.1, abs=1e-4)
        with pytest.raises(ParameterError, match=r"as in dropout_rate=0.105"):
            size(EventCounts(control_rate=1, rate_ratio=0.7, exposure=1), dropout=0.1)
        with pytest.raises(ParameterError, match="by retention, the share of participants who are still there"):
            size(RepeatedMeasures(difference=0.5, sd=1, visits=3, correlation=0.5), dropout=0.1)

    def test_a_page_says_how_many_leave(self):
        """0.1 a month is told as what it is; times have their unit."""
        told = str(size(TIMES.replace(dropout_rate=0.1)))
        assert "0.1  (per unit of time: 9.5 % leave in one)" in told
        assert "24  (units of time)" in told

    def test_every_rate_of_leaving_says_how_a_share_becomes_one(self):
        """Of every design, by its unit."""
        from trialplan import catalogue
        from trialplan.parameter import PER_TIME, SHARE_AS_RATE, parameters

        rates = [
            one for cls in catalogue.designs().values() for one in parameters(cls).values() if one.unit == PER_TIME
        ]
        assert rates
        assert all(SHARE_AS_RATE in one.meaning for one in rates)

    def test_what_a_design_adds_is_an_attribute(self):
        """The events of times are there by their name."""
        answer = size(TIMES)
        assert answer.events == answer.extra["events"] == answer.to_dict()["events"]
        with pytest.raises(AttributeError, match="quatsch"):
            answer.quatsch  # noqa: B018


class TestByEffect:
    def test_control_by_difference(self):
        """The treatment's rate follows, cell by cell, and a picture is drawn."""
        grid = scenarios(RATES, {"control": [0.2, 0.3], "difference": [0.1, 0.15]})
        alone = [[size(TwoProportions(control=c, treatment=c + d)).n for d in (0.1, 0.15)] for c in (0.2, 0.3)]
        assert grid.n.tolist() == alone
        assert "difference of the rates" in grid.figure().alt()
        assert next(iter(grid.rows()))["treatment"] == pytest.approx(0.3)

    def test_odds_ratio_without_a_control_axis(self):
        """The planned control is what it is held against: odds 3/7 twice are 6/7, a rate of 6/13."""
        (n,) = scenarios(RATES, {"odds_ratio": [2]}).n.tolist()
        assert n == size(TwoProportions(control=0.3, treatment=6 / 13)).n

    def test_what_is_not_possible_has_a_reason(self):
        """A rate above 1 is none."""
        grid = scenarios(RATES, {"control": [0.4], "difference": [0.7, 0.1]})
        assert "treatment must lie in [0, 1]" in grid.reason[0, 0]
        assert grid.n[0, 1] > 0

    def test_through_looks_a_plan_and_choices(self):
        """Whatever is put around the design; a plan's own bridge gives way to the effect that is varied."""
        looks = GroupSequential(design=RATES, looks=(0.5, 1))
        axes = {"control": [0.2], "difference": [0.15]}
        other = TwoProportions(control=0.2, treatment=0.35)
        assert scenarios(looks, axes).n.item() == size(GroupSequential(design=other, looks=(0.5, 1))).n
        assert scenarios(PLAN, axes).n.item() == size(other).n
        both = scenarios(RATES, axes | {"test": ["score", "fisher"]}).n.ravel().tolist()
        assert both == [size(other.replace(test=one)).n for one in ("score", "fisher")]

    def test_medians(self):
        """Of times the treatment's median is the effect, at the control's that is varied."""
        grid = scenarios(TIMES, {"control_median": [12.0], "treatment_median": [20.0]})
        assert grid.n.item() == size(TIMES.replace(hazard_ratio=0.6)).n

    def test_a_median_is_a_time_in_a_picture(self):
        """A stated effect has a unit of its own: a median above 1 is no ratio."""
        told = scenarios(TIMES, {"control_median": [10, 12], "treatment_median": [18, 20]}).figure().alt()
        assert "median time to the event under treatment, in units of time (18 to 20)" in told

    def test_twice_is_refused(self):
        """The effect by its own number and by another."""
        with pytest.raises(ParameterError, match="difference and treatment both are the effect"):
            scenarios(RATES, {"difference": [0.1], "treatment": [0.5]})

    def test_on_the_command_line(self, capsys):
        """The treatment need not be given; where the control is not, either, that is said."""
        varied = ("scenarios", "two-proportions", "--vary", "difference=0.1,0.15")
        assert main([*varied, "--vary", "control=0.2:0.3:0.1"]) == 0
        assert "712" in capsys.readouterr().out
        assert main(varied) == 2
        assert "difference is told from --control, which is needed" in capsys.readouterr().err


class TestRanges:
    def test_a_step_that_misses_the_end(self):
        """Is told; one that reaches it, in decimals, is not."""
        assert scenarios(RATES, {"control": "0.15:0.35:0.06"}).page().notes == [
            "control 0.15:0.35:0.06 ends at 0.33, for its steps do not reach 0.35"
        ]
        assert scenarios(RATES, {"control": "0.1:0.3:0.1"}).page().notes == []
        told = tornado(RATES, {"control": "0.2:0.35:0.06"}).page().notes
        assert told[-1] == "control 0.2:0.35:0.06 ends at 0.32, for its steps do not reach 0.35"

    def test_of_participants(self, capsys):
        """As the command line takes them."""
        assert main(["exclude", "two-proportions", "--control", "0.3", "--treatment", "0.5", "--n", "100:450:100"]) == 0
        assert "n 100:450:100 ends at 400" in capsys.readouterr().out


class TestAnswers:
    def test_assurance_says_what_it_rests_on(self):
        """Design, level, beliefs, what is held fixed, and what its words mean."""
        answer = assurance(RATES, 186, beliefs={"treatment": Beta(20, 20)})
        told = str(answer)
        for one in ("two-proportions", "0.05 two-sided", "belief: treatment", "mean 0.5", "held fixed", "ceiling: "):
            assert one in told
        assert answer.held_fixed == ("control",)
        low, high = Beta(20, 20).interval()
        assert answer.believed["treatment"] == f"mean 0.5, 95 % within {low:.3g} to {high:.3g}"
        both = {"control": Beta(9, 21), "treatment": lambda control: Beta(20, 20)}
        told = assurance(RATES, 186, beliefs=both).believed["treatment"]
        shown = re.fullmatch(r"mean 0.5, 95 % within ([\d.]+) to ([\d.]+), given control", told)
        assert [float(one) for one in shown.groups()] == pytest.approx([low, high], abs=0.005)
        assert assurance(RATES, 186, beliefs=both).held_fixed == ()

    def test_a_fixed_threshold_is_no_belief(self):
        """What one arm is held against is chosen: nobody takes it as known without saying so."""
        answer = assurance(OneProportion(null=0.2, expected=0.4), 40, beliefs={"expected": Beta(8, 12)})
        assert answer.held_fixed == ()
        assert "Held fixed at the plan" not in str(answer)

    def test_a_verdict_says_what_is_claimed(self):
        """That a level is exceeded elsewhere does not contradict it, and why so much may differ is told."""
        level, held = verify(RATES, trials=5000).page().notes[-2:]
        assert level.endswith("above the level: an approximate test claims it at the planned rate alone.")
        assert "type I error at the planned rate" in held
        assert "Bradley 1978" in held
        exact = verify(TwoProportions(control=0.3, treatment=0.6, test="fisher"), trials=5000).page().notes[-1]
        assert "type I error at any rate, within four standard errors" in exact

    def test_a_comparison_says_where_a_test_is_worst(self):
        """Beside the size, and why there is none."""
        rates = str(compare(RATES))
        assert " at 98.6 %" in rates
        assert "which may be far from the planned one" in rates
        assert "cannot be counted" in str(compare(TwoMeans(difference=0.5, sd=1)))

    def test_findings_and_rows(self):
        """Both numbers are explained where they differ."""
        (note,) = audit(PLAN).page().notes
        assert "55 findings in 27 rows, the 16 that block in 6" in note

    def test_pools_are_drawn_and_framed_whole(self):
        """The picture has every pool that is printed, a frame one row each."""
        pools = pool(PLAN, "complete-remission")
        drawn = {row[0]: row[1] for row in pools.figure().pooled}
        assert len(drawn) == len(pools.by_reports) > 1
        assert [*drawn.values()] == [one.natural.estimate for one in pools.by_reports.values()]
        assert len(pools.figure("one-per-centre").pooled) == 1
        records = pools.page().records()
        assert [one["estimate"] for one in records][: len(drawn)] == [*drawn.values()]
        assert not any(isinstance(value, (dict, list)) for one in records for value in one.values())
        assert all(isinstance(one, Pool) for one in pools.by_reports.values())

    def test_a_plan_counts_the_missing_or_enrols_more(self):
        """Nobody is "with the outcome" where a missing one counts; who is lost is enrolled besides."""
        trial = build(PLAN)
        told = trial.answer.statement()
        assert "with the outcome" not in told
        assert "all of whom are analysed" in told
        assert "A missing outcome counts as a non-responder" in told
        lossy = trial.endpoints[1].answer
        assert (lossy.n, lossy.enrolled["n"], lossy.dropout) == (542, 604, 0.1)
        assert "with the outcome" in size(RATES, dropout=0.1).statement()

    def test_a_time_or_a_count_is_of_everybody(self):
        """Those who leave are analysed up to then, so n is who is randomised, most of whom may have no event."""
        times = LogRank(hazard_ratio=0.6, control_median=12, accrual_time=12, follow_up_time=12)
        for design in (
            times,
            GroupSequential(design=times, looks=(0.5, 1.0)),
            EventCounts(control_rate=1, rate_ratio=0.6, exposure=1),
        ):
            assert "with the outcome" not in size(design).statement()

    def test_a_plan_tells_each_endpoint_in_the_trial(self):
        """Power with those who are randomised, less those who are lost: what verifying the plan shows."""
        trial = build(PLAN)
        proteinuria = trial.endpoints[1]
        observed = trial.n_randomised * 0.9
        assert trial.success_of(proteinuria) == pytest.approx(float(proteinuria.design.success(observed)))
        rows = {row["endpoint"]: row for row in trial.to_dict()["endpoints"]}
        assert rows[proteinuria.name]["success_in_trial"] == pytest.approx(0.443, abs=5e-4)
        assert rows[proteinuria.name]["enrolled"] == 604
        assert "power at 254" in str(trial)
        assert "59 (55 of its table, 4 of those that it borrows from)" in str(trial)

    def test_a_family_tells_each_endpoint_by_its_procedure(self):
        """Alone at the whole level either has more power than the graph leaves it, and the page says which it is."""
        trial = build("msc-lupus-nephritis-doses")
        response, proteinuria = (one.name for one in trial.primaries)
        rows = {row["endpoint"]: row for row in trial.to_dict()["endpoints"]}
        assert rows[response]["shown_by_procedure"] == pytest.approx([0.618, 0.618], abs=2e-3)
        assert rows[proteinuria]["shown_by_procedure"] == pytest.approx([0.402, 0.402], abs=2e-3)
        assert rows[response]["success_in_trial"] > 0.75
        said = str(trial)
        assert re.search(rf"{response}.* 0\.618\n", said)
        assert "of a primary endpoint by the procedure of the family, with the 345 analysed" in said
        assert "by the procedure" not in str(build(PLAN))

    def test_a_list_has_the_strata_of_its_plan(self):
        """With those that are added; none where none are wanted, and open levels are told."""
        scheme = randomise(PLAN, seed=1)
        assert "background" in next(iter(scheme.strata))
        (factor,) = scheme.strata
        assert {line[factor] for line in scheme.to_dict()["list"]} == set(scheme.strata[factor])
        assert set(randomise(PLAN, seed=1, strata={"site": ["A", "B"]}).strata) == {*scheme.strata, "site"}
        assert randomise(PLAN, seed=1, strata={}).strata == {}
        left = Scheme(arms={"a": 1, "b": 1}, n=8, seed=1, left_open=("centre",)).page().notes[-1]
        assert left.startswith("The plan stratifies by centre, whose levels it leaves open, and this list does not")
        assert any("the plan stratifies by" in note.lower() for note in scheme.page().notes)

    def test_a_paragraph_to_copy_is_short(self):
        """The text carries no sources; a file does, and `check` reads it."""
        text = render_protocol(PLAN, document="statement")
        assert len(text.splitlines()) < 30
        assert "\n\n254 participants give 80.1 % power" in text

    def test_a_file_of_it_carries_its_sources(self, tmp_path):
        """By which it can be checked."""
        (path,) = render_protocol(PLAN, tmp_path / "statement.md", document="statement")
        assert trialplan.check(path).ok
