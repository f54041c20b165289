"""What a protocol says of looking early: every number is the answer's, and a committee can act on the words."""

import re
from dataclasses import replace

import pytest

from trialplan.files import shipped
from trialplan.plan import build, read
from trialplan.plan.recruiting import recruiting_trial
from trialplan.protocol import render
from trialplan.protocol.checking.check import check
from trialplan.protocol.content.interim_analyses import boundaries, monitored
from trialplan.protocol.content.pitfall_rules import too_few_come
from trialplan.protocol.content.recruitment_section import recruited
from trialplan.protocol.formats.house_style import environment

SHIPPED = "msc-lupus-nephritis-monitored"
MONITORING = '\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "lan-demets-obrien-fleming"\n'


@pytest.fixture(scope="module")
def trial():
    """The shipped monitored plan."""
    return build(read(SHIPPED))


@pytest.fixture(scope="module")
def text(trial):
    """Its protocol."""
    return render(trial)


@pytest.fixture(scope="module")
def section(text):
    """Its section on interim analyses, with escapes taken out."""
    return of(text)


def of(text):
    """The section on interim analyses of a protocol."""
    return text.partition("## Interim analyses")[2].partition("## Multiplicity")[0].replace("\\", "")


@pytest.fixture
def starter(tmp_path):
    """The section of the starter with sections added."""

    def made(more, *changes):
        text = (shipped("examples") / "starter" / "plan.toml").read_text(encoding="utf-8")
        for old, new in (("timepoint = ", "timepoint_months = 12\ntimepoint = "), *changes):
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "plan.toml"
        path.write_text(text + more, encoding="utf-8")
        return of(render(build(read(str(path)))))

    return made


def shown(value, digits=3):
    """A number as the section prints it."""
    return f"{value:.{digits}f}".replace("-", "−")


class TestSection:
    def test_every_boundary_stands_on_every_scale(self, trial, section):
        """z, one-sided P, difference, conditional and predictive power of each look are those of the answer."""
        for look in trial.answer.extra["looks"]:
            for name in ("efficacy", "futility"):
                if look[f"{name}_z"] is None:
                    continue
                points = f"{100 * look[f'effect_at_{name}']:+.1f} points".replace("-", "−")
                row = f"{shown(look[f'{name}_z'])} | {shown(look[f'{name}_p_one_sided'], 4)} | {points} |"
                assert row in section
                for power in ("conditional", "predictive"):
                    value = look[f"{power}_power_at_{name}"]
                    assert value is None or shown(value) in section

    def test_the_rule_in_words(self, trial, section):
        """The committee reads at which number it looks, and what z does what."""
        look, end = trial.answer.extra["looks"]
        assert f"Look 1, when {look['n']} participants have been assessed** (65 UC-MSC and 65 placebo)" in section
        assert f"If z is at least {shown(look['efficacy_z'])} " in section
        assert f"If z is at most −{shown(look['efficacy_z'])} " in section
        assert f"If z is at most {shown(look['futility_z'])} " in section
        assert f"rejected if z is at least {shown(end['efficacy_z'])}" in section
        assert "not binding" in section
        assert f"trialplan monitor {SHIPPED}" in section

    def test_rules_have_the_names_that_readers_know(self, trial):
        """No sentence names a rule as the plan file spells it."""
        text = render(trial).split("# Reproduction")[0]
        assert "Lan and DeMets’s spending function" in text.split("# Background")[0]
        assert "lan-demets" not in text
        assert "conditional-power(" not in text
        assert "[monitoring]" not in text.replace("\\", "")

    def test_why_so_few_simulated_trials_reject(self, trial):
        """Type I error below its level is told to come from the futility rule that simulated trials obey."""
        assert "the futility rule is obeyed in them" in render(trial)

    def test_the_calendar(self, trial, section):
        """Each look has its month, who is evaluable, who is randomised by then, and what stopping cannot save."""
        for look in trial.answer.extra["looks"]:
            row = [f"{look['month']:.3g}", look["evaluable"], look["randomised"], look["overrun"], look["spared"]]
            assert " | ".join(map(str, row)) in section

    def test_the_price_and_the_level(self, trial, section):
        """The fixed trial's number, the inflation, expected n under three truths, and type I error either way."""
        fixed = trial.primary.design.design.sample_size(0.8).n
        assert (
            f"Without looks the trial would need {fixed} participants; with them it may need {trial.answer.n}"
            in section
        )
        assert shown(trial.answer.extra["inflation"]) in section
        for expected in trial.answer.extra["expected_n"].values():
            assert f" {expected:.0f} |" in section
        found = monitored(trial)
        assert found.level == pytest.approx(0.05, abs=1e-8)
        assert found.level_obeyed < found.level
        assert f"{found.level:.4f} as if futility were ignored, and {found.level_obeyed:.4f}" in section

    def test_who_and_why(self, trial, section):
        """Reasons, reviewers and those who stay blinded are the plan's words."""
        said = trial.plan.content.monitoring
        for words in (said.why, said.reviewer, said.blinded, said.after_stop):
            assert words in section

    def test_the_figure(self, trial, section):
        """The boundaries are told and tabled as a figure."""
        assert re.search(r"\*\*Figure \d+\.\*\* Boundaries of the looks", section)
        assert boundaries(trial).alt() in section

    def test_stopping_chances_add_up(self, trial):
        """Under each truth a trial rejects early, stops for futility, or goes on to its end."""
        for truth in monitored(trial).truths:
            assert 0 <= truth.early_efficacy <= truth.rejects <= 1
            assert truth.early_efficacy + truth.early_futility < 1
        assert monitored(trial).planned.rejects == pytest.approx(trial.answer.power, abs=1e-3)


class TestOtherPlans:
    def test_nothing_is_said_where_nothing_is_planned(self, tmp_path):
        """A plan without looks has neither boundaries nor their figure."""
        trial = build(read("starter"))
        assert monitored(trial) is None
        assert boundaries(trial) is None
        assert "Rejects early" not in of(render(trial))

    def test_missing_words_and_dates_are_marked(self, starter):
        """A plan that monitors and says no more is told what it lacks."""
        text = starter(MONITORING)
        assert text.count("**Missing**") >= 5
        assert "no look has a date" in text
        assert "It is not stopped for futility" in text

    def test_an_interim_that_over_runs_is_a_warning(self, starter):
        """A look that can save nobody is warned of beside its date."""
        text = starter(MONITORING + '\n[enrolment]\naccrual_rate = 60\nsource = "ours"\n')
        assert "**Warning.** Look 1" in text
        assert "stopping then saves nobody" in text

    def test_a_plan_that_recruits_without_looks(self, tmp_path):
        """How fast participants come, and when the trial is decided, stands with the population."""
        text = read("starter").text.replace("timepoint = ", "timepoint_months = 12\ntimepoint = ", 1)
        path = tmp_path / "plan.toml"
        path.write_text(text + '\n[enrolment]\naccrual_rate = 4\nsource = "ours"\n', encoding="utf-8")
        trial = build(read(str(path)))
        last = trial.answer.n / 4
        pace = (
            f"the last participant is randomised in month {last:.3g} and the trial is decided in month {last + 12:.3g}"
        )
        assert pace in render(trial)

    def test_a_binding_rule_is_said_to_be(self, starter):
        """The committee is told that the level relies on a binding rule."""
        one_sided = ("[endpoint.settings]", "[endpoint.settings]\nsides = 1\nalpha = 0.025")
        text = starter(MONITORING + 'futility = "z(0)"\nbinding = true\n', one_sided)
        assert "**binding**" in text
        assert "does not keep its level" in text
        assert "in the other direction" not in text

    def test_a_rule_without_a_function(self, starter):
        """Boundaries that hold at the planned numbers only are said to."""
        text = starter(MONITORING.replace("lan-demets-obrien-fleming", "obrien-fleming"))
        assert "hold at the planned numbers only" in text


@pytest.mark.sweep
class TestCheck:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("If z is at least 2.963", "If z is at least 2.163"),
            ("| 130 assessed | futility | −0.056 |", "| 130 assessed | futility | −0.556 |"),
            ("**not binding**", "**binding**"),
        ],
    )
    def test_its_numbers_are_held(self, trial, tmp_path, old, new):
        """A boundary that was changed in the document, in a sentence or a table, is found."""
        text = render(trial)
        path = tmp_path / "protocol.md"
        path.write_text(text, encoding="utf-8")
        assert check(path).ok
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert not check(path).ok


@pytest.fixture(scope="module")
def chapter(text):
    """The section on recruitment, with escapes taken out."""
    return text.partition("\n# Recruitment\n")[2].partition("\n# ")[0].replace("\\", "")


@pytest.fixture(scope="module")
def answer(trial):
    """What the chapter is written from."""
    return recruiting_trial(trial)


class TestRecruitment:
    def test_months_and_sites_come_first(self, trial, answer, chapter, text):
        """The number, its months, their range and the chance by the deadline open the chapter and page one."""
        full = answer.full
        opening = chapter.strip().partition("\n")[0]
        assert f"The {trial.n_randomised} participants are randomised within {full.median:.3g} months" in opening
        assert f"between {full.early:.3g} and {full.late:.3g} months, at 40 sites" in opening
        assert f"about {100 * full.chance:.0f} of a hundred such recruitments have all of them, and are full" in opening
        synopsis = text.partition("# Synopsis")[2].partition("\n# ")[0]
        assert f"| Recruitment | {full.median:.3g} months with an even chance, at 40 sites |" in synopsis

    def test_what_can_be_shown(self, trial, answer, chapter):
        """Each number has its months, and the design's own power, effect, interval and assurance."""
        assert [one.n for one, _ in answer.shown][:2] == [60, 120]
        for one, what in answer.shown:
            assert what.success == pytest.approx(float(trial.design.fixed.success(one.n)))
            row = f"| {one.n} | {one.median:.3g} | {one.early:.3g} to {one.late:.3g} |"
            rest = chapter.partition(row)[2].partition("\n")[0]
            assert rest.endswith(f"| {what.success:.3f} | {what.effect} | {what.interval} | {what.assurance:.3f} |")

    def test_every_source_is_printed(self, trial, chapter):
        """Sites, screening and competing trials stand with where they are from."""
        for source in trial.plan.content.enrolment.sources():
            assert source.lower() in chapter.lower()  # it begins its sentence

    def test_looks_are_in_the_picture_and_the_table(self, answer, chapter):
        """The month of each look's decision is in words and in a row."""
        for look in answer.looks:
            name = "The end" if look.final else f"Look {look.number}"
            assert f"{name} is decided on in month {look.completion.median:.0f} " in chapter
            assert f"| {name} | {look.completion.n} | {look.completion.median:.3g} |" in chapter

    def test_a_plan_that_does_not_recruit_says_nothing(self):
        """Without [enrolment] the section is empty."""
        assert recruited(build(read("starter"))) is None
        template = environment(None).get_template("sections/recruitment.md.j2")
        assert template.render(recruited=None).strip() == ""

    def test_too_few_who_come_are_a_pitfall(self, trial):
        """Where fewer come by the deadline than are wanted, the pitfall is met."""
        one = recruited(trial)
        assert too_few_come(trial, {"recruited": one}) is None
        late = replace(one, answer=replace(one.answer, by=replace(one.answer.by, median=100)))
        assert "reach 100 participants, of 258" in too_few_come(trial, {"recruited": late})
