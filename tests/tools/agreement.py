"""Hold the designs against reference cases from other programs and publications, and write docs/agreement.md.

    python tests/tools/agreement.py            writes the page
    python tests/tools/agreement.py --check    exits 1 when the page is not what would be written

An adapter turns a case's inputs into a design and answers the expected fields that the design has a word for.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from trialplan import Ancova, Crossover, OneProportion, PairedMeans, TwoMeans, TwoProportions
from trialplan.analyses.reproduction import read, reproduce
from trialplan.analyses.reproduction.statement import NoDesignError

HERE = Path(__file__).resolve().parent
CASES = HERE.parent / "reference"
FILES = ("two_proportions", "means", "single_arm")
PAGE = HERE.parents[1] / "docs" / "agreement.md"


def cases():
    """Every reference case, in the order of the files."""
    return [json.loads(line) for name in FILES for line in (CASES / f"{name}.jsonl").read_text().splitlines()]


def disagreements():
    """What does not agree, by case id, and which later design answers the methods that none answers yet."""
    return tomllib.loads((CASES / "disagreements.toml").read_text())


# From a case's inputs to a design.


def _allocation(given):
    if "n_treatment" in given:
        ratio = Fraction(given["n_treatment"], given["n_control"])
    else:
        ratio = Fraction(given.get("allocation_treatment_to_control", 1)).limit_denominator(1000)
    return f"{ratio.numerator}:{ratio.denominator}"


def _level(given):
    return {"alpha": given["alpha"], "sides": given["sides"]}


def _proportions(given, test, **more):
    up = more.pop("up", given["p_treatment"] > given["p_control"])
    return TwoProportions(
        control=given["p_control"],
        treatment=given["p_treatment"],
        test=test,
        favourable="higher" if up else "lower",
        allocation=_allocation(given),
        **{**(_level(given) if "sides" in given else {}), **more},
    )


def _means(given, test, **more):
    difference = given.get("mean_difference", given.get("cohen_d"))
    up = more.pop("up", difference > 0)
    return TwoMeans(
        difference=difference,
        sd=given.get("sd", given.get("sd_control", 1)),
        test=test,
        favourable="higher" if up else "lower",
        allocation=_allocation(given),
        **{**(_level(given) if "sides" in given else {}), **more},
    )


def _size(design, given):
    """The answer in the words of the cases."""
    answer = design.sample_size(given["power"])
    exact, whole = answer.arms_unrounded, answer.arms
    n = {"n_treatment": exact["treatment"], "n_control": exact["control"], "n_total": sum(exact.values())}
    ceilings = {"n_treatment_ceil": whole["treatment"], "n_control_ceil": whole["control"]}
    return n | ceilings | {"n_per_arm": exact["control"], "n_per_arm_ceil": whole["control"]}


def _published(design, given):
    """The answer as a publication prints it: whole participants per arm where the case is whole."""
    answer = design.sample_size(given["power"]).arms
    return {"n_per_arm": answer["control"], "n_treatment": answer["treatment"], "n_control": answer["control"]} | {
        "n_total": sum(answer.values())
    }


def _total(given):
    return given["n_treatment"] + given["n_control"] if "n_treatment" in given else 2 * given["n_per_arm"]


def _power(design, given):
    return {"power": float(design.power(_total(given))), "power_one_tail": float(design.success(_total(given)))}


def _wald_size(given, expected):
    return _with_ceilings(_proportions(given, "wald"), given)


def _with_ceilings(design, given):
    """The answer with each arm's own ceiling, as the sources round; whole blocks can ask for more."""
    exact = _size(design, given)
    return exact | {f"n_{arm}_ceil": int(np.ceil(exact[f"n_{arm}"] - 1e-9)) for arm in ("treatment", "control")}


def _corrected_size(given, expected):
    return _with_ceilings(_proportions(given, "continuity-corrected"), given)


def _arcsine_size(given, expected):
    return _with_ceilings(_proportions(given, "arcsine"), given)


def _farrington_manning(given, expected):
    margin = given["margin_difference"]
    design = _proportions(given, "score", goal="non-inferiority", margin=abs(margin), up=margin < 0)
    return _size(design, given)


def _score_power(given, expected):
    return _power(_proportions(given, "score"), given) if "sides" in given else None


def _noninferiority_wald(given, expected):
    margin = given["margin_difference"]
    design = _proportions(given, "wald", goal="non-inferiority", margin=abs(margin), up=margin < 0)
    return _power(design, given)


def _equivalence_wald(given, expected):
    return _published(
        _proportions(given, "wald", goal="equivalence", margin=given["margin_difference"], **_each_side(given)), given
    )


def _each_side(given):
    return {"alpha": given["alpha_each_side"], "sides": 1}


def _z_size(given, expected):
    design = _means(given, "z")
    return _published(design, given) if isinstance(next(iter(expected.values())), int) else _size(design, given)


def _t_size(given, expected):
    design = _means(given, "t")
    if "cohen_d" in given:
        return _published(design, given)
    answer = _with_ceilings(design, given)
    n = answer["n_treatment_ceil"] + answer["n_control_ceil"]
    whole = {"power_at_ceil": float(design.power(n))} if design.allocation == "1:1" else {}
    return answer | whole


def _t_power(given, expected):
    return _power(_means(given, "t"), given)


def _welch_power(given, expected):
    return _power(_means(given, "welch", sd_treatment=given["sd_treatment"]), given)


def _welch_size(given, expected):
    return _size(_means(given, "welch", sd_treatment=given["sd_treatment"]), given)


def _noninferiority_t(given, expected):
    margin = given["margin"]
    return _size(_means(given, "t", goal="non-inferiority", margin=abs(margin), up=margin < 0), given)


def _equivalence_z(given, expected):
    return _published(
        _means(given, "z", goal="equivalence", margin=given["margin"], up=True, **_each_side(given)), given
    )


def _tost(given, expected):
    limits = (given["lower"], given["upper"])
    design = _means(given, "t", goal="equivalence", margin=limits, up=True, alpha=given["alpha"], sides=1)
    return _power(design, given)


def _ancova(given):
    return Ancova(
        difference=given["mean_difference"],
        sd=given["sd"],
        correlation=given["correlation_baseline_outcome"],
        allocation=_allocation(given),
        **_level(given),
    )


def _ancova_power(given, expected):
    design, n = _ancova(given), _total(given)
    return {
        "power_simple_nct": float(design.power(n)),
        "power_exact": float(design.replace(method="exact").power(n)),
    }


def _ancova_size(given, expected):
    """z at the reduced standard deviation, and the exact n."""
    answer = _ancova(given).replace(method="exact").sample_size(given["power"])
    reduced = given["sd"] * np.sqrt(1 - given["correlation_baseline_outcome"] ** 2)
    z = TwoMeans(difference=given["mean_difference"], sd=reduced, test="z", **_level(given))
    return {
        "n_per_arm_z": z.sample_size(given["power"]).arms_unrounded["control"],
        "n_per_arm_exact": answer.arms["control"],
    }


def _one_arm(given):
    up = given["p1"] > given["p0"]
    return OneProportion(
        null=given["p0"], expected=given["p1"], favourable="higher" if up else "lower", **_level(given)
    )


def _exact_size(given, expected):
    design = _one_arm(given)
    answer = design.sample_size(given["power"])
    first = answer.first_n
    return {
        "n_first": first,
        "n_stable": answer.n,
        "critical_responses_first": design.critical_count(first),
        "critical_responses_stable": answer.extra["critical_count"],
        "alpha_actual": design.actual_size(first),
        "power_actual": float(design.power(first)),
    }


def _exact_power(given, expected):
    design, n = _one_arm(given), given["n"]
    return {
        "power": float(design.power(n)),
        "alpha_actual": design.actual_size(n),
        "critical_responses": design.critical_count(n),
    }


def _score_size(given, expected):
    """Fractional in every source, published ones included."""
    return _size(_proportions(given, "score"), given)


def _paired_t(given, expected):
    """Differences within pairs."""
    margin = {"goal": "non-inferiority", "margin": -given["margin"]} if given.get("margin") else {}
    design = PairedMeans(difference=given["mean_change"], sd=given["sd_of_change"], **margin, **_level(given))
    answer = design.sample_size(given["power"])
    return {"n_pairs": answer.arms_unrounded["pairs"], "n_pairs_ceil": answer.n}


def _bioequivalence(given, expected):
    """Two treatments in turn, on the logarithms."""
    design = Crossover(
        scale="ratio",
        ratio=given["true_ratio"],
        cv_within=given["cv"],
        goal="equivalence",
        margin=(given["lower"], given["upper"]),
        alpha=given["alpha"],
        sides=1,
    )
    answer = design.sample_size(given["power"])
    return {"n_total": answer.n, "power": answer.power}


ADAPTERS = {
    "means.paired_t.sample_size": _paired_t,
    "means.tost_log_ratio.crossover_2x2.sample_size": _bioequivalence,
    "two_proportions.z_pooled.sample_size": _score_size,
    "two_proportions.z_unpooled.sample_size": _wald_size,
    "two_proportions.arcsine.sample_size": _arcsine_size,
    "two_proportions.z_continuity_corrected.sample_size": _corrected_size,
    "two_proportions.noninferiority_difference.farrington_manning.sample_size": _farrington_manning,
    "two_proportions.z_pooled.power": _score_power,
    "two_proportions.noninferiority_unpooled.power": _noninferiority_wald,
    "two_proportions.equivalence_unpooled.sample_size": _equivalence_wald,
    "means.z.sample_size": _z_size,
    "means.t_equal_variance.sample_size": _t_size,
    "means.t_equal_variance.power": _t_power,
    "means.welch.power": _welch_power,
    "means.welch.sample_size": _welch_size,
    "means.noninferiority_t.sample_size": _noninferiority_t,
    "means.equivalence_z.sample_size": _equivalence_z,
    "means.tost_difference.power": _tost,
    "means.ancova.power": _ancova_power,
    "means.ancova.sample_size": _ancova_size,
    "single_arm.exact_binomial.sample_size": _exact_size,
    "single_arm.exact_binomial.power": _exact_power,
}
"""Method to adapter; an adapter that gives None leaves a case to a later design."""

NOT_OURS = {"cohen_h", "power_both_tails", "power_simulated"}
"""Expected fields that no answer of ours has a word for: an input restated, a convention not taken, a simulation."""


# Comparison.


@dataclass
class Outcome:
    """How one case came out: the largest difference, the fields beyond tolerance, what we give for them."""

    case: dict
    answered: bool
    error: str = ""
    largest: float = 0.0
    beyond: dict = field(default_factory=dict)
    compared: int = 0

    @property
    def agrees(self):
        """Whether every compared field is within the case's tolerance."""
        return self.answered and not self.error and not self.beyond and self.compared > 0


def outcome(case):
    """Ask the adapter and compare every field that both sides have."""
    adapter = ADAPTERS.get(case["method"])
    try:
        ours = adapter(case["inputs"], case["expected"]) if adapter else None
    except Exception as error:
        return Outcome(case, answered=True, error=str(error))
    if ours is None:
        return Outcome(case, answered=False)
    result = Outcome(case, answered=True)
    for name, expected in case["expected"].items():
        if name in ours and name not in NOT_OURS:
            _compare(result, name, np.ravel(ours[name]), np.ravel(expected))
    return result


def _compare(result, name, ours, expected):
    tolerance = result.case["tolerance"]
    scale = np.maximum(1, np.abs(expected)) if tolerance["type"] == "rel" else 1.0
    difference = float(np.max(np.abs(ours - expected) / scale))
    result.compared += 1
    result.largest = max(result.largest, difference)
    if difference > tolerance["value"]:
        result.beyond[name] = ours.tolist() if ours.size > 1 else float(ours[0])


def outcomes():
    """Every case's outcome."""
    return [outcome(case) for case in cases()]


# The page.

HEAD = """# What agrees with other programs and publications, and what does not

<!-- Written by tests/tools/agreement.py; do not edit. -->

Each case is one answer of another program, or one printed in a publication, with the tolerance to which it is held.
Tolerances of type rel are |difference| / max(1, |expected|). The cases lie in `tests/reference/`.
"""


def page():
    """The text of docs/agreement.md."""
    results, listed = outcomes(), disagreements()
    parts = (
        _agreeing(results),
        _elsewhere(),
        _differing(results, listed["case"]),
        _listed(),
        _conventions(listed["convention"]),
        _later(results, listed["later"]),
        _out(listed["out"]),
        _published_trials(),
    )
    return "\n".join([HEAD, *(line for part in parts for line in part)])


OTHERS = {
    "two_proportions_exact": ("test_two_proportions_exact.py", "disagreements_exact.toml"),
    "group_sequential": ("test_group_sequential.py", "disagreements_group_sequential.toml"),
    "group_sequential_more": ("test_group_sequential.py", None),
    "group_sequential_random": ("test_group_sequential.py", None),
    "means_more": ("test_more.py", "disagreements_more.toml"),
    "single_arm_more": ("test_more.py", None),
    "bayes_more": ("test_more.py", None),
    "meta": ("test_meta.py", None),
    "bayes": ("test_bayes.py", None),
    "single_arm_ci": ("../evidence/test_estimate.py", None),
    "co_primary": ("../several/test_co_primary.py", None),
    "stratified": ("test_stratified.py", None),
    "enrolment": ("test_enrolment.py", None),
    "counts": ("test_counts.py", "disagreements_counts.toml"),
    "survival": ("test_survival.py", None),
    "repeated": ("test_repeated.py", "disagreements_repeated.toml"),
    "ordered": ("test_ordered.py", None),
    "paired": ("test_paired.py", None),
    "order": ("test_order.py", "disagreements_order.toml"),
    "precision": ("test_precision.py", None),
    "metadat": ("test_metadat.py", None),
    "clusters": ("test_clusters.py", None),
    "several": ("test_several.py", "disagreements_several.toml"),
    "dunnett_tables": ("test_dunnett_tables.py", None),
    "odd_settings": ("test_odd_settings.py", None),
}
"""Files of cases that tests of their own hold, and where their disagreements are listed."""


def _elsewhere():
    """The cases that other test files hold: each is asserted there within its tolerance."""
    yield "### Held by tests of their own\n"
    yield "| cases | file | number | agreeing |"
    yield "|---|---|---:|---:|"
    for name, (test, listed) in OTHERS.items():
        number = len((CASES / f"{name}.jsonl").read_text().splitlines())
        yield f"| {name}.jsonl | {test} | {number} | {number - len(_cases_listed(listed))} |"
    yield ""
    yield (
        "Of the older group-sequential cases about survival, boundaries and events are compared; totals and months of "
        "looks stand in survival.jsonl.\n"
    )


def _cases_listed(name):
    return tomllib.loads((CASES / name).read_text())["case"] if name else []


def _listed():
    yield "### Among the cases held by tests of their own\n"
    yield "| case | why |"
    yield "|---|---|"
    for _, listed in OTHERS.values():
        for one in _cases_listed(listed):
            yield f"| {one['id']} | {one['why']} |"
    yield ""


def _conventions(entries):
    """Where cases that are not collected would differ, and why."""
    yield "### Conventions of other programs that are not ours\n"
    yield "| of | what differs |"
    yield "|---|---|"
    for one in entries:
        yield f"| {one['of']} | {one['why']} |"
    yield ""


def _agreeing(results):
    yield "## What agrees\n"
    yield "| method | cases | largest difference | tolerance |"
    yield "|---|---:|---:|---|"
    by_method = defaultdict(list)
    for result in results:
        if result.agrees:
            by_method[result.case["method"]].append(result)
    for method, group in by_method.items():
        tolerances = sorted({f"{r.case['tolerance']['type']} {r.case['tolerance']['value']:g}" for r in group})
        yield f"| {method} | {len(group)} | {_upper(max(r.largest for r in group))} | {', '.join(tolerances)} |"
    yield ""


def _upper(value):
    """The power of ten above a difference, which no machine's last digit changes."""
    if value < 1e-7:
        return "< 1e-7"
    return f"< 1e{int(np.ceil(np.log10(value)))}"


def _differing(results, listed):
    yield "## What does not, and why\n"
    yield "| case | method | expected | ours | why |"
    yield "|---|---|---|---|---|"
    by_id = {result.case["id"]: result for result in results}
    for entry in listed:
        result = by_id[entry["id"]]
        wanted = {name: result.case["expected"][name] for name in result.beyond}
        ours = {n: _shown(v) for n, v in result.beyond.items()} or {"refused": result.error}
        yield f"| {entry['id']} | {result.case['method']} | {_words(wanted)} | {_words(ours)} | {entry['why']} |"
    yield ""


def _words(fields):
    return ", ".join(f"{name} {_shown(value)}" for name, value in fields.items()) or "–"


def _shown(value):
    return f"{value:.6g}" if isinstance(value, (int, float)) else str(value)


def _later(results, reasons):
    if not reasons:
        return
    yield "## Cases here that no design answers\n"
    yield "| method | cases | what it needs |"
    yield "|---|---:|---|"
    counts = Counter(result.case["method"] for result in results if not result.answered)
    for method, count in sorted(counts.items()):
        yield f"| {method} | {count} | {reasons[method]} |"
    yield ""


def _out(entries):
    """Cases that were collected and lie elsewhere, because nothing here could be held against them."""
    yield "### Collected, and left out\n"
    yield "| family | cases | why |"
    yield "|---|---:|---|"
    for one in entries:
        yield f"| {one['family']} | {one['cases']} | {one['why']} |"
    yield ""


# Published trials.

TRIALS = HERE.parent / "analyses" / "test_reproduction.py"
"""The tests that put the published trials into the words of a statement."""

_NO_DESIGN = "no design"


def _trials():
    spec = importlib.util.spec_from_file_location("tests_analyses_test_reproduction", TRIALS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def verdicts():
    """(trial, verdict, method) of every published trial: what `trialplan reproduce` says of its statement."""
    module = _trials()
    return [(trial, *_verdict(module.statement(trial))) for trial in module.TRIALS]


def _verdict(statement):
    try:
        found = reproduce(read(statement))
    except NoDesignError:
        return _NO_DESIGN, f"a trial that is {statement['design']}"
    if found.verdict == "incomplete":
        return found.verdict, f"not stated: {', '.join(found.missing)}"
    return found.verdict, found.best.method.partition(":")[0] if found.reproduced else "–"


def _published_trials():
    """What is said of real trials' own sample-size statements, beside what a recalculation had found."""
    found = verdicts()
    recorded = [one for one in _RECORDED if any(trial["match"] == one for trial, *_ in found)]
    counts = Counter((verdict, trial["match"]) for trial, verdict, _ in found)
    kinds = [kind for kind in _VERDICTS if any(verdict == kind for verdict, _ in counts)]
    built = [verdict for _, verdict, _ in found if verdict != _NO_DESIGN]
    held = sum(verdict in ("reproduced", "near") for verdict in built)
    yield "## Published trials\n"
    yield (
        f"{len(found)} trials' own statements, from their reports and registries, through `trialplan reproduce`; "
        f"{len(built)} are of a kind that a design sizes, and of these {held} are reproduced, exactly or nearly. The "
        "columns are what a recalculation by standard formulas, made before and apart, had found.\n"
    )
    yield f"| verdict | trials | {' | '.join(f'recorded {one}' for one in recorded)} |"
    yield "|---|" + "---:|" * (1 + len(recorded))
    for kind in kinds:
        cells = [counts[kind, one] for one in recorded]
        yield f"| {kind} | {sum(cells)} | {' | '.join(map(str, cells))} |"
    yield ""
    yield "| trial | verdict | by, or why not | recorded |"
    yield "|---|---|---|---|"
    for trial, verdict, by in found:
        yield f"| {trial['trial']} ({trial['id']}) | {verdict} | {by} | {trial['match']} |"
    yield ""


_RECORDED = ("exact", "near", "no", "incomplete")
_VERDICTS = ("reproduced", "near", "inconsistent", "not reproduced", "incomplete", _NO_DESIGN)


def main(arguments):
    """Write the page, or compare it with --check."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/agreement.md is not current: run python tests/tools/agreement.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
