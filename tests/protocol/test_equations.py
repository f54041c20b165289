"""The formulas that a protocol prints are those that the program computes with, and every format can set them."""

import math
import re
import shutil
import subprocess

import numpy as np
import pytest
from scipy import stats

from trialplan import (
    Ancova,
    EventCounts,
    OneProportion,
    PairedProportions,
    RatioOfMeans,
    RepeatedMeasures,
    StratifiedProportions,
    TwoMeans,
    TwoProportions,
)
from trialplan.catalogue import designs
from trialplan.design import Design
from trialplan.parameter import typical
from trialplan.protocol.checking.extraction import blocks
from trialplan.protocol.content.filters import equation
from trialplan.protocol.content.formula_legend import legend, spelt

PT, PC, WT, WC, ALPHA = 0.5, 0.3, 2 / 3, 1 / 3, 0.025
ZA, ZB = stats.norm.ppf(1 - ALPHA), stats.norm.ppf(0.8)
V1 = PT * (1 - PT) / WT + PC * (1 - PC) / WC
MEAN = WT * PT + WC * PC
V0 = MEAN * (1 - MEAN) * (1 / WT + 1 / WC)


def rates(test):
    return TwoProportions(control=PC, treatment=PT, test=test, allocation="2:1")


def one_tail(noncentrality, df):
    return stats.nct.sf(stats.t.ppf(1 - ALPHA, df), df, noncentrality)


class TestFormulas:
    """Each expectation is the printed formula, typed once more with scipy."""

    @pytest.mark.parametrize(
        ("test", "printed"),
        [
            ("score", ((ZA * math.sqrt(V0) + ZB * math.sqrt(V1)) / (PT - PC)) ** 2),
            ("wald", ((ZA + ZB) / (PT - PC)) ** 2 * V1),
            (
                "arcsine",
                ((ZA + ZB) / (2 * math.asin(math.sqrt(PT)) - 2 * math.asin(math.sqrt(PC)))) ** 2 * (1 / WT + 1 / WC),
            ),
            (
                "log-odds",
                ((ZA + ZB) / math.log(PT * (1 - PC) / (PC * (1 - PT)))) ** 2
                * (1 / (WT * PT * (1 - PT)) + 1 / (WC * PC * (1 - PC))),
            ),
        ],
    )
    def test_the_n_of_two_rates(self, test, printed):
        """The printed n of each normal-theory test of two rates is the unrounded n."""
        assert rates(test).unrounded(0.8) == pytest.approx(printed, rel=1e-9)

    def test_the_continuity_correction(self):
        """The printed power with a continuity correction is the chance of success."""
        n = 300
        away = abs(PT - PC) - (1 / (WT * n) + 1 / (WC * n)) / 2
        printed = stats.norm.cdf((away * math.sqrt(n) - ZA * math.sqrt(V0)) / math.sqrt(V1))
        assert rates("continuity-corrected").success(n) == pytest.approx(printed, rel=1e-9)

    def test_miettinen_and_nurminens_variance(self):
        """The printed power with the factor n/(n - 1) is the chance of success."""
        n = 300
        printed = stats.norm.cdf((abs(PT - PC) * math.sqrt(n) - ZA * math.sqrt(V0 * n / (n - 1))) / math.sqrt(V1))
        assert rates("miettinen-nurminen").success(n) == pytest.approx(printed, rel=1e-9)

    def test_the_tests_of_means(self):
        """The printed power of Student's and Welch's t tests is success, and the printed n of the z test the n."""
        n, n_t, n_c = 90, 60, 30
        student = TwoMeans(difference=0.7, sd=1.3, allocation="2:1")
        assert student.success(n) == pytest.approx(
            one_tail(0.7 / (1.3 * math.sqrt(1 / n_t + 1 / n_c)), n - 2), rel=1e-8
        )
        v_t, v_c = 1.8**2 / n_t, 1.3**2 / n_c
        df = (v_t + v_c) ** 2 / (v_t**2 / (n_t - 1) + v_c**2 / (n_c - 1))
        welch = student.replace(test="welch", sd_treatment=1.8)
        assert welch.success(n) == pytest.approx(one_tail(0.7 / math.sqrt(v_t + v_c), df), rel=1e-8)
        printed = ((ZA + ZB) / 0.7) ** 2 * (1.8**2 / WT + 1.3**2 / WC)
        assert student.replace(test="z", sd_treatment=1.8).unrounded(0.8) == pytest.approx(printed, rel=1e-6)

    def test_covariance_and_ratios(self):
        """The printed power of the analysis of covariance and of a ratio of means is success."""
        spread = math.sqrt(1 / 60 + 1 / 30)
        ancova = Ancova(difference=0.6, sd=1.2, correlation=0.5, allocation="2:1")
        assert ancova.success(90) == pytest.approx(one_tail(0.6 / (1.2 * math.sqrt(1 - 0.25) * spread), 87), rel=1e-8)
        ratio = RatioOfMeans(ratio=1.4, cv=0.6, allocation="2:1")
        printed = math.log(1.4) / (math.sqrt(math.log(1 + 0.6**2)) * spread)
        assert ratio.success(90) == pytest.approx(one_tail(printed, 88), rel=1e-8)

    def test_rates_within_strata(self):
        """The printed n of the comparison within strata is the unrounded n, with the continuity correction too."""
        f, c, t = np.array([0.25, 0.75]), np.array([0.1, 0.33]), np.array([0.3, 0.5])
        pooled = WT * t + WC * c
        d = float((f * WT * WC * (t - c)).sum())
        v_0 = float((f * WT * WC * pooled * (1 - pooled)).sum())
        v_1 = float((f * WT * WC * (WC * t * (1 - t) + WT * c * (1 - c))).sum())
        a = ZA * math.sqrt(v_0) + ZB * math.sqrt(v_1)
        design = StratifiedProportions(control=(0.1, 0.33), treatment=(0.3, 0.5), weight=(1, 3), allocation="2:1")
        assert design.unrounded(0.8) == pytest.approx(a**2 / d**2, rel=1e-9)
        corrected = ((a + math.sqrt(a**2 + 2 * d)) / (2 * d)) ** 2
        assert design.replace(test="cmh-corrected").unrounded(0.8) == pytest.approx(corrected, rel=1e-9)

    def test_one_rate(self):
        """The printed power of the exact binomial test is the power, and the printed n of the score test the n."""
        exact = OneProportion(null=0.2, expected=0.4)
        k = next(k for k in range(41) if stats.binom.sf(k - 1, 40, 0.2) <= exact.alpha)
        assert exact.power(40) == pytest.approx(stats.binom.sf(k - 1, 40, 0.4), rel=1e-10)
        printed = ((stats.norm.ppf(1 - exact.alpha) * math.sqrt(0.16) + ZB * math.sqrt(0.24)) / 0.2) ** 2
        assert exact.replace(test="score").unrounded(0.8) == pytest.approx(printed, rel=1e-9)

    @pytest.mark.parametrize(
        ("variance", "null"), [("true-rates", (0.4, 0.8)), ("reference-rate", (0.8, 0.8)), ("maximum-likelihood", None)]
    )
    @pytest.mark.parametrize("k", [(None, None), (0.5, None), (0.5, 0.9)])
    def test_rates_of_events(self, variance, null, k):
        """The printed n is the unrounded n, at the rates where the null's variance is taken, or nothing is printed."""
        design = EventCounts(
            control_rate=0.8,
            rate_ratio=0.5,
            exposure=1.5,
            dispersion=k[0],
            dispersion_treatment=k[1],
            variance=variance,
            allocation="2:1",
        )
        if null is None and k[1] is not None:
            assert design.tex == ""
            return
        mean = WT * 0.4 + WC * 0.8
        spread = (k[1] or k[0] or 0) / WT + (k[0] or 0) / WC
        v_0, v_1 = ((1 / (WT * t) + 1 / (WC * c)) / 1.5 + spread for t, c in (null or (mean, mean), (0.4, 0.8)))
        printed = ((ZA * math.sqrt(v_0) + ZB * math.sqrt(v_1)) / math.log(0.5)) ** 2
        assert design.tex
        assert design.unrounded(0.8) == pytest.approx(printed, rel=1e-9)

    @pytest.mark.parametrize("given", [{"dropout_rate": 0.1}, {"accrual_time": 2.0}])
    def test_unequal_times_have_no_closed_formula(self, given):
        """Where participants are followed for unequal times, the plain formula is not the one that is computed with."""
        assert EventCounts(control_rate=0.8, rate_ratio=0.5, dispersion=0.5, **given).tex == ""

    @pytest.mark.parametrize("test", ["t", "z"])
    def test_visits(self, test):
        """The printed power of t is success, and the printed n of z the n, for two visits: c is (r², 1 - r²)."""
        design = RepeatedMeasures(
            difference=0.6,
            sd=1.2,
            sd_treatment=1.5,
            correlation=0.6,
            retention=(0.9, 0.8),
            retention_treatment=(0.8, 0.7),
            test=test,
            allocation="2:1",
        )
        phi_t, phi_c = 0.36 / 0.8 + 0.64 / 0.7, 0.36 / 0.9 + 0.64 / 0.8
        if test == "z":
            printed = ((ZA + ZB) / 0.6) ** 2 * (1.5**2 * phi_t / WT + 1.2**2 * phi_c / WC)
            assert design.unrounded(0.8) == pytest.approx(printed, rel=1e-9)
        else:
            v_t, v_c = 1.5**2 * phi_t / 60, 1.2**2 * phi_c / 30
            df = (v_t + v_c) ** 2 / (v_t**2 / (60 / phi_t - 1) + v_c**2 / (30 / phi_c - 1))
            assert design.success(90) == pytest.approx(one_tail(0.6 / math.sqrt(v_t + v_c), df), rel=1e-8)
            alike = design.replace(sd_treatment=None)
            away = 0.6 / math.sqrt(1.2**2 * (phi_t / 60 + phi_c / 30))
            assert alike.success(90) == pytest.approx(one_tail(away, 60 / phi_t + 30 / phi_c - 2), rel=1e-8)

    def test_events_by_the_exact_test(self):
        """The printed power is the chance of success; R is what the binomial tail of the treatment's events rejects."""
        design = EventCounts(control_rate=0.8, rate_ratio=0.5, exposure=1.5, test="exact", allocation="2:1")
        n_t, n_c = 40, 20
        mu, share = 1.5 * 0.8 * (n_t * 0.5 + n_c), n_t * 0.5 / (n_t * 0.5 + n_c)
        printed = sum(
            stats.poisson.pmf(y, mu) * stats.binom.pmf(x, y, share)
            for y in range(200)
            for x in range(y + 1)
            if stats.binom.cdf(x, y, n_t / (n_t + n_c)) <= ALPHA
        )
        assert design.success(60) == pytest.approx(printed, rel=1e-9)

    @pytest.mark.parametrize(("test", "counted"), [("mcnemar-exact", 1), ("mcnemar-mid-p", 0.5)])
    def test_pairs_that_differ(self, test, counted):
        """The printed power is the chance of success; R is what the coin's tail, or its mid-P, rejects."""
        n, ours, theirs = 60, 0.3, 0.1
        design = PairedProportions(treatment_only=ours, control_only=theirs, test=test)
        printed = sum(
            stats.binom.pmf(d, n, ours + theirs) * stats.binom.pmf(x, d, ours / (ours + theirs))
            for d in range(n + 1)
            for x in range(d + 1)
            if stats.binom.sf(x, d, 0.5) + counted * stats.binom.pmf(x, d, 0.5) <= ALPHA
        )
        assert design.success(n) == pytest.approx(printed, rel=1e-9)


def every_tex():
    found = {
        f"{slug}-{name}": row.tex for slug, cls in designs().items() for name, row in getattr(cls, "tests", {}).items()
    }
    found["ancova"] = Ancova(difference=1, sd=1, correlation=0.5).tex
    found["ratio-of-means"] = RatioOfMeans(ratio=1.4, cv=0.6).tex
    for test in ("wald", "score"):
        for variance in ("true-rates", "reference-rate", "maximum-likelihood")[2 * (test == "score") :]:
            design = EventCounts(control_rate=1, rate_ratio=0.5, dispersion=0.5, test=test, variance=variance)
            found[f"event-counts-{test}"] = found[f"event-counts-{test}-{variance}"] = design.tex
    return found


STANDARD = set("zVeij")
"""Quantiles and variances, which the formulas name as everybody does, Euler's number, and indices."""


def letters_of(text):
    """The letters of a formula or a symbol without what stands below them, CV as one."""
    return set(re.findall(r"(?<!_)(?:CV|[^\W\d_]\u0304?)", re.sub(r"_\w+", "", text)))


class TestLetters:
    @pytest.mark.parametrize("slug", [slug for slug, cls in designs().items() if issubclass(cls, Design)])
    def test_every_letter_is_explained(self, slug):
        """By the legend, by the symbol of a number that the plan states, or by an equation of the formula itself."""
        cls = designs()[slug]
        example = cls(**typical(cls))
        for tex in {example.tex, *(test.tex for test in cls.tests.values())}:
            text = spelt(re.sub(r"\\mathrm\{\w+\}|\\text\{[^}]*\}", "", tex))
            told = [letter for letter, _ in legend(tex, cls.letters)]
            told += [one.symbol for one in example.declarations().values() if one.symbol]
            told += re.findall(r"([^\W\d_]\u0304?(?:_\w+)?) *(?:\^2)? *=", text)
            assert letters_of(text) <= STANDARD.union(*map(letters_of, told))


class TestSetting:
    @pytest.mark.parametrize("target", ["html5", "docx", "typst", "latex"])
    def test_every_format_sets_them(self, target):
        """No formula is missing, and pandoc turns each into MathML, Word's equations and typst without a complaint."""
        import pypandoc

        assert all(every_tex().values())
        text = "\n\n".join(equation(tex) for tex in every_tex().values())
        command = [pypandoc.get_pandoc_path(), "--from=markdown", f"--to={target}", "--mathml", "--output=-"]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
        assert done.stderr.decode() == ""  # what it cannot turn it quotes

    @pytest.mark.parametrize("tex", every_tex().values(), ids=every_tex())
    def test_every_reader_of_word_files_can_read_it(self, tex):
        """No power stands on a bare bracket and no bar is bare: LibreOffice reads neither in Word's equations."""
        assert not re.search(r"(?<!\\right)[)\]]\^|(?<!\\left)(?<!\\right)\|", tex)

    @pytest.mark.sweep
    @pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
    def test_a_word_file_saved_by_another_program(self, tmp_path):
        """LibreOffice writes every formula anew, and `check` reads it as the same one."""
        import pypandoc

        source, folder = tmp_path / "formulas.docx", tmp_path / "saved"
        text = "\n\n".join(equation(tex) for tex in every_tex().values())
        subprocess.run([pypandoc.get_pandoc_path(), "--output", source], input=text.encode(), check=True)
        call = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "docx"]
        subprocess.run([*call, "--outdir", folder, source], check=True, capture_output=True, timeout=180)
        ours, theirs = (blocks((path / source.name).read_bytes(), ".docx") for path in (tmp_path, folder))
        if not theirs:
            pytest.skip("LibreOffice is installed without its Math module, and drops every formula")
        assert len(ours) >= len(every_tex())
        assert [one.text for one in theirs] == [one.text for one in ours]

    def test_a_margin_has_no_formula_of_superiority(self):
        """With a margin the formula for superiority is not printed."""
        design = TwoProportions(control=0.6, treatment=0.6, goal="non-inferiority", margin=0.1)
        assert design.tex == ""
        assert Ancova(difference=0.0, sd=1, correlation=0.5, goal="non-inferiority", margin=0.3).tex == ""
