"""Every family in the catalogue, over pairs of drawn designs whose outcomes can be joined: what all of them keep.

Of those that can be looked at early a few are, and asked the same.
"""

import itertools

import numpy as np
import pytest

from trialplan.catalogue import families
from trialplan.errors import ParameterError, TrialplanError
from trialplan.parameter import parameters
from trialplan.several.family_with_looks import FamilyWithLooks

PAIRS = 8
"""Pairs of each family; every design that can be joined is in one of them."""


@pytest.fixture(scope="module")
def drawn(everything):
    """(id, family) for pairs of designs of one allocation, each drawn design with the next that goes with it."""
    found = []
    for slug, cls in families().items():
        kinds = {}
        for name, design in everything.items():
            if not design.members and design.smooth and len(design.null_values()) == 1:
                kinds.setdefault((type(design), design.arm_names, design.test), (name, design))
        designs = list(kinds.values())
        for (first, one), (second, other) in itertools.combinations_with_replacement(designs, 2):
            split = {"allocation": one.allocation} if one.allocation else {}
            level = {"alpha": None, "sides": None}
            try:
                members = one.replace(**level), other.replace(**split, **level)
                whole = cls(members=members, alpha=0.05, sides=2, **_association(cls))
            except (TrialplanError, TypeError):
                continue
            found.append((f"{slug}-of-{first}-and-{second}", whole))
    step = max(1, len(found) // PAIRS)
    assert len(found[::step]) >= PAIRS
    return found[::step]


def _association(cls):
    return {name: 0.4 for name, one in parameters(cls).items() if one.role == "association"}


@pytest.fixture
def each(drawn):
    """The families, one after the other."""
    return [whole for _, whole in drawn]


_LOOKS = itertools.cycle([{"stops_when": "any"}, {"looks": (0.3, 0.7, 1.0)}, {"efficacy": "lan-demets-pocock"}])
"""What a few looks have: more of each would be dear, as every power of theirs follows thousands of points."""


@pytest.fixture(scope="module")
def looked(drawn):
    """Of each family that can be looked at early the first whose members are modest, with looks."""
    found = {}
    for _, whole in drawn:
        if FamilyWithLooks.looks_at(whole) and whole.slug() not in found and whole.sample_size(0.8).n < 2000:
            found[whole.slug()] = FamilyWithLooks(design=whole, **next(_LOOKS))
    assert len(found) >= 3
    return list(found.values())


@pytest.fixture
def every(each, looked):
    """The families without looks, and those with."""
    return [*each, *looked]


class TestSize:
    @pytest.mark.parametrize("target", [0.7, 0.9])
    def test_reaches_the_target_and_no_sooner(self, every, target):
        for whole in every:
            answer = whole.sample_size(target)
            assert answer.n % whole.block == 0
            assert answer.power == float(whole.power(answer.n)) >= target
            assert answer.n == whole.block or float(whole.power(answer.n - whole.block)) < target

    def test_arrays_are_cells(self, every):
        for whole in every:
            n = np.arange(1, 6) * 12 * whole.block
            cells = [float(whole.power(int(one))) for one in n]
            np.testing.assert_allclose(np.asarray(whole.power(n), dtype=float), cells, rtol=1e-9, atol=1e-12)

    def test_names_its_formula_and_source(self, every):
        for whole in every:
            assert all(one.formula in whole.formula and one.reference in whole.reference for one in whole.members)


class TestLevel:
    def test_reaches_every_member(self, each):
        for whole in each:
            moved = whole.replace(alpha=0.02)
            assert [one.alpha / share for one, share in zip(moved.members, moved.shares, strict=True)] == [0.02] * 2
            assert moved.alpha == 0.02

    def test_another_one_is_refused(self, each):
        for whole in each:
            members = (whole.members[0], whole.members[1].replace(alpha=0.01))
            with pytest.raises(ParameterError, match=r"0\.01"):
                type(whole)(members=members)

    def test_success_is_all_of_power(self, every):
        """Nothing but success counts, and no null of a family is rejected more often than its level."""
        for whole in every:
            n = 60 * whole.block
            assert float(whole.power(n)) == float(whole.success(n))
            for null in whole.at_null():
                assert float(null.power(n)) <= whole.alpha / whole.sides * 1.2


class TestNumbers:
    def test_every_one_is_addressed(self, every):
        """What a family declares it takes, and gives back."""
        for whole in every:
            assert whole.replace() == whole
            for name in whole.declarations():
                if name in whole.assumptions():
                    assert whole.replace(**{name: whole.assumptions()[name]}).assumptions() == whole.assumptions()

    def test_a_member_changes_alone(self, every):
        for whole in every:
            first, second = whole.fixed.members
            null = float(second.null_values()[0])
            value = null + 0.9 * (float(second.effect_value()) - null)
            moved = whole.replace(**{f"{second.effect}_2": value}).fixed
            assert moved.members[0] == first
            assert float(moved.members[1].effect_value()) == value


class TestParticipants:
    def test_reject_as_often_as_is_claimed(self, every):
        """At the n of a power of 0.8: within two points, for no member's own formula is exact at every n."""
        for whole in every:
            n = int(whole.sample_size(0.8).n)
            if n < 2000:
                seen = whole.simulate(n, 2000, np.random.default_rng(5))
                assert abs(seen.power - float(whole.power(n))) < 4 * seen.standard_error + 0.02, whole

    def test_fixed_seed_repeats(self, each):
        whole = each[0]
        first, second = (whole.simulate(20 * whole.block, 200, np.random.default_rng(9)) for _ in range(2))
        assert first == second


class TestLooks:
    def test_looking_costs_power_and_is_told(self, looked):
        """Against the family without looks at the same n; the last look's power is that of the answer."""
        for whole in looked:
            answer = whole.sample_size(0.8)
            assert answer.success <= float(whole.fixed.success(answer.n)) + 0.004
            looks = answer.extra["looks"]
            assert looks[-1]["cumulative_power"] == pytest.approx(answer.success, abs=1e-12)
            assert [look["n"] for look in looks] == sorted(look["n"] for look in looks)
            assert looks[-1]["n"] == answer.n

    def test_another_rule_is_refused(self, looked):
        for whole in looked:
            for name, value in {"futility": "z(0)", "binding": True, "efficacy_at": (1.0,)}.items():
                with pytest.raises(ParameterError, match=f"{name}.* not defined over a family"):
                    whole.replace(**{name: value})
