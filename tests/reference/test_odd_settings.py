"""Every design against other programs where its numbers are less usual: 3:1, one side, margins, losses, pieces of time.

A case's inputs are the design's own words, and what is asked of it: the n of a target, or the power of an n.
"""

from functools import partial

from reference_cases import ReferenceCases

from trialplan.catalogue import designs

CASES = ReferenceCases("odd_settings")


def made(given):
    """The design of a case."""
    return designs()[given["design"]](**{name: tuples(value) for name, value in given["numbers"].items()})


def tuples(value):
    """Lists as a design keeps them."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


ASKED = {
    "power": lambda design, given: design.success(given["n"]),
    "information": lambda design, given: design.standard_error(given["n"])[0] ** -2,
    "events": lambda design, given: design.events(given["n"] if "n" in given else design.unrounded(given["target"])),
    "n_total": lambda design, given: sum(answer(design, given).arms_unrounded.values()),
    "n": lambda design, given: answer(design, given).n,
    "power_at_n": lambda design, given: answer(design, given).power,
}
"""What gives each field of a case; the power counts the favourable tail alone."""


def answer(design, given):
    """Whole participants for the target, or for the width that is the design's own number."""
    return design.sample_size(*([given["target"]] if "target" in given else []))


def fields(names, given):
    """Those fields that a case has."""
    design = made(given)
    return {name: float(ASKED[name](design, given)) for name in names}


@CASES.each
def test_agrees_or_is_listed(case):
    """A case agrees within its tolerance, or is listed with the reason."""
    CASES.agrees_or_is_listed(case, {case["method"]: partial(fields, case["expected"])})


def test_list_has_its_cases():
    """What is listed is among the cases; five cases at least are of each design that is here."""
    CASES.is_whole({case["method"]: None for case in CASES.cases})
    of_each = [case["inputs"]["design"] for case in CASES.cases]
    assert min(map(of_each.count, of_each)) >= 5
