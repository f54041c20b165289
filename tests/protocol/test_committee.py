"""The committee's sheet: its counts are those at which the rule stops, and its guidance for harm means what it says."""

import shlex
import shutil
import subprocess
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq
from small_plans import built, stated

from trialplan import monitor
from trialplan.analyses.harm_guidance import chance_raised, least_cases
from trialplan.cli import main
from trialplan.numerics.beta_inequalities import probability_larger
from trialplan.plan import build, read
from trialplan.protocol import render, write
from trialplan.protocol.content.committee import sheet

MONITORED = "msc-lupus-nephritis-monitored"
LOOKS = '\n[monitoring]\nlooks = [0.5, 1]\nefficacy = "lan-demets-obrien-fleming"\nfutility = "z(0)"\n'


@pytest.fixture(scope="module")
def shipped():
    """The monitored plan's sheet."""
    return sheet(build(read(MONITORED)))


def pooled(x_t, x_c, n_t, n_c):
    """The z of the score test of no difference, written out."""
    rate = (x_t + x_c) / (n_t + n_c)
    return (x_t / n_t - x_c / n_c) / (rate * (1 - rate) * (1 / n_t + 1 / n_c)) ** 0.5


def lan_demets():
    """Both boundaries of two looks, half-way and at the end, from the spending function and the bivariate normal."""
    normal = NormalDist()
    spent = 2 * (1 - normal.cdf(normal.inv_cdf(1 - 0.025 / 2) / 0.5**0.5))
    first = normal.inv_cdf(1 - spent)
    joint = stats.multivariate_normal([0, 0], [[1, 0.5**0.5], [0.5**0.5, 1]])

    def kept(second):
        """What is left of the level where neither look rejects upwards."""
        return joint.cdf([first, second]) - 0.975

    return first, brentq(kept, 1.5, 3)


class TestCounts:
    def test_those_of_the_shipped_plan_are_the_least_by_trying_each(self, shipped):
        """Counted one by one with the test and the boundaries written out here."""
        bounds = lan_demets()
        for one, bound in zip(shipped.looks, bounds, strict=True):
            n_t, n_c = one.sizes
            for column in one.counts:
                reached = [x for x in range(n_t + 1) if pooled(x, column.control, n_t, n_c) >= bound]
                assert column.efficacy == min(reached)
                worse = [x for x in range(n_t + 1) if pooled(x, column.control, n_t, n_c) <= -bound]
                assert column.opposite == max(worse, default=None)
        assert shipped.looks[0].row("efficacy")[:3] == (23, 27, 30)
        assert [column.control for column in shipped.looks[0].counts][:3] == [8, 11, 14]

    @pytest.mark.parametrize("favourable", ["higher", "lower"])
    def test_every_count_is_where_the_rule_turns(self, tmp_path, favourable):
        """`monitor` stops at the count that is printed, and not one short of it."""
        rates = {"control": 0.3, "treatment": 0.5} if favourable == "higher" else {"control": 0.5, "treatment": 0.3}
        trial = built(
            tmp_path,
            settings=f'favourable = "{favourable}"',
            assumptions=stated(**rates),
            target=rates["treatment"] - rates["control"],
            more=LOOKS,
        )
        found, way = sheet(trial), 1 if favourable == "higher" else -1
        stops = {"efficacy": "stop-for-efficacy", "futility": "stop-for-futility", "opposite": "stop-for-harm"}
        for one in found.looks:
            for column in one.counts[:: len(one.counts) - 1]:
                for name, step in (("efficacy", way), ("futility", -way), ("opposite", -way)):
                    at = getattr(column, name)
                    if at is None or (one.look.final and name == "futility"):
                        continue
                    met = "rejected" if one.look.final else stops[name]
                    assert self._verdict(trial, one, at, column.control) == met
                    assert self._verdict(trial, one, at - step, column.control) != met

    @staticmethod
    def _verdict(trial, one, count, control):
        n_t, n_c = one.sizes
        return monitor(trial, events=f"{count}/{n_t},{control}/{n_c}", look=one.look.number).verdict

    def test_the_command_as_printed_runs(self, shipped, capsys):
        """What the sheet tells to type stops for efficacy, or rejects, as the row above says."""
        for one, says in zip(shipped.looks, ("stop for efficacy", "rejected"), strict=True):
            assert main(shlex.split(one.command)[1:]) == 0
            assert says in capsys.readouterr().out.lower()

    def test_means_speak_in_the_effects_unit(self, tmp_path):
        """Of measurements no counts are told, and the command takes a z."""
        trial = built(tmp_path, design="two-means", assumptions=stated(difference=0.5, sd=1.0), target=0.5, more=LOOKS)
        said = render(trial, kind="committee").split("# Reproduction")[0]
        assert "ifference of means of about" in said
        assert "--look 1 --z 2.963" in said  # 2.9626, and 2.96 would not stop
        assert "Responders" not in said

    def test_one_arm_has_one_count(self, tmp_path):
        """Without a control there is one column, and harms have limits instead of a comparison."""
        trial = built(
            tmp_path,
            design="one-proportion",
            settings='test = "score"',
            assumptions=stated(null=0.2, expected=0.4),
            target=0.4,
            more=LOOKS.replace('futility = "z(0)"\n', ""),
        )
        found = sheet(trial)
        assert all(len(one.counts) == 1 and one.counts[0].control is None for one in found.looks)
        assert not found.harm.at
        assert found.harm.limits[0].high == pytest.approx(1 - 0.025 ** (1 / trial.n_randomised))

    def test_without_looks_it_is_the_sheet_of_harms(self, tmp_path):
        """No boundary, no stop for efficacy on the form."""
        said = render(built(tmp_path), kind="committee").split("# Reproduction")[0]
        assert "No such result stops this trial" in said
        assert "Stop for efficacy" not in said
        assert "Stop for harm" in said


class TestPage:
    @pytest.mark.sweep
    def test_the_sheet_of_the_shipped_plan_is_one_page(self, tmp_path):
        """From the title to the signature; what it is made from begins on another."""
        if shutil.which("pdftotext") is None:
            pytest.skip("pdftotext is not installed")
        output = tmp_path / "sheet.pdf"
        write(read(MONITORED), [output], kind="committee")
        command = ["pdftotext", "-l", "1", "-layout", str(output), "-"]
        first = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        assert "Look 1, 130 assessed" in first
        assert "signature of the chair" in first
        assert "Reproduction" not in first


class TestHarm:
    @pytest.mark.parametrize("seen", [(3, 20, 1, 25), (0, 10, 0, 10), (10, 10, 0, 10), (0, 65, 5, 65), (40, 70, 9, 12)])
    def test_the_posterior_probability_is_the_integral(self, seen):
        """Against the two beta densities, integrated on a fine grid."""
        x, n, y, m = seen
        rates = np.linspace(0, 1, 200_001)
        density = stats.beta.pdf(rates, x + 1, n - x + 1) * stats.beta.cdf(rates, y + 1, m - y + 1)
        assert probability_larger(*seen) == pytest.approx(np.trapezoid(density, rates), abs=1e-7)

    @pytest.mark.parametrize("control", range(5))
    def test_the_cases_are_the_fewest(self, control):
        """One case fewer is not as likely a harm."""
        at = least_cases((65, 65), control, 0.95)
        assert probability_larger(at, 65, control, 65) >= 0.95 > probability_larger(at - 1, 65, control, 65)

    def test_false_alarms_are_counted_as_trials_show_them(self):
        """Trials drawn one by one, each held against the printed cases at both looks."""
        rng, trials, sizes = np.random.default_rng(20), 40_000, ((20, 10), (40, 20))
        least = {one: [least_cases(one, x, 0.95) for x in range(one[1] + 1)] for one in sizes}
        t = rng.binomial(20, 0.2, (trials, 2)).cumsum(axis=1)
        c = rng.binomial(10, 0.15, (trials, 2)).cumsum(axis=1)
        met = np.zeros(trials, dtype=bool)
        for i, one in enumerate(sizes):
            bounds = np.array([one[0] + 1 if x is None else x for x in least[one]])
            met |= t[:, i] >= bounds[c[:, i]]
        share = met.mean()
        error = (share * (1 - share) / trials) ** 0.5
        assert chance_raised(sizes, (0.2, 0.15), 0.95) == pytest.approx(share, abs=4 * error)

    def test_the_plan_may_ask_for_more_certainty(self, tmp_path):
        """[monitoring] harm_certainty moves the cases."""
        more = LOOKS + "harm_certainty = 0.99\n"
        usual, sure = (sheet(built(tmp_path, more=text)).harm for text in (LOOKS, more))
        assert (usual.certainty, sure.certainty) == (0.95, 0.99)
        assert all(a < b for a, b in zip(usual.at[0].least, sure.at[0].least, strict=True))
