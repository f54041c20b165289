"""The page of a blinded re-estimation: what n becomes, what the rule costs, and what may be looked at."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from trialplan.design import Design
from trialplan.design_facts import assumed, head, level, source
from trialplan.errors import ParameterError, UnreachableError, field, setting
from trialplan.figures import Curves
from trialplan.numerics.lazy import np
from trialplan.page import Answer, Page, Table, facts, plain
from trialplan.reestimation.rule import Reestimated
from trialplan.text import as_sentence, number, participants, percent, with_article

_TRIALS, _CONFIDENCE = 100_000, 0.95
"""Trials drawn for one truth, so that a level has a standard error below 0.001; of the interval of what was seen."""

_OPTIONS = {
    "rate": (f"{field('blinded')} is a rate", setting("blinded", "23/60")),
    "sd": (f"{field('blinded_sd')} is of means", setting("blinded_sd", "1.42/60")),
}
_POINTS = 41
"""Along the line of a picture."""

_QUICK = 3e8
"""Multiplications for one rate up to which the level is sought over all rates."""


def reestimate(
    design: Design, blinded: str | None = None, *, sd: float | None = None, n: int | None = None, **rule: Any
) -> Reestimation:
    """n again, from responders of both arms together, as in 23/60, or from one standard deviation of n participants.

    `rule` are `target`, `planned`, `at_least`, `at_most`, `randomised`, `effect_scale` and `adjusted_variance` of
    `Reestimated`; of a plan's primary endpoint, target and planned n are its answer's.
    """
    if (blinded is None) == (sd is None):
        raise ParameterError(
            f"what was seen of both arms together is one of {setting('blinded', '23/60')} and "
            f"{setting('blinded_sd', '1.42/60')}"
        )
    if blinded is not None:
        counts = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", str(blinded))
        if not counts or not 0 < int(counts[2]) >= int(counts[1]):
            raise ParameterError(
                f"{field('blinded')} must be responders of participants read, both arms together, as in 23/60, not "
                f"{blinded}"
            )
        key, more, read = "rate", {"responders": int(counts[1])}, int(counts[2])
        seen = int(counts[1]) / read
    elif n is None:
        told = f"{field('blinded_sd')} needs the participants that it is of, as in {setting('blinded_sd', '1.42/60')}"
        raise ParameterError(told)
    else:
        key, more, read, seen = "sd", {}, n, float(sd or 0)
    if read < 2 * design.block:
        name = {"rate": "blinded", "sd": "blinded_sd"}[key]
        reason = f"is of {read}, and both arms together must be {2 * design.block} participants or more"
        raise ParameterError(reason, parameter=name, value=read, way_out="count two allocation blocks at least")
    numbers = {name: value for name, value in rule.items() if value is not None}
    numbers["randomised"] = max(numbers.get("randomised", 0), read)
    whole = Reestimated(design=design, pilot=read // design.block * design.block, **numbers)
    if key != whole.blinded.key:
        raise ParameterError(f"{_OPTIONS[key][0]}, and {design.slug()} has none; give {_OPTIONS[whole.blinded.key][1]}")
    return Reestimation(whole, seen, read, more)


class Reestimation(Answer):
    """The numbers of one re-estimation, and their words."""

    def __init__(self, rule: Reestimated, seen: float, read: int, more: Mapping[str, int]) -> None:
        self.rule, self.seen, self.read, self.more = rule, seen, read, more
        self.design, self.blinded = rule.design, rule.blinded
        self.n = rule.final_n(seen)
        self.arms = self.design.arms(self.n)
        self.interval = self.blinded.interval(seen, read, _CONFIDENCE)
        low, high = self.interval
        values = {"planned": rule.nuisance, "seen": seen, "95 % from": low, "95 % to": high}
        self.rows = [(name, at, float(rule.needed(at)), rule.final_n(at)) for name, at in values.items()]
        # the planned and the seen value, and some around them
        truths = sorted({round(value, 4) for value in (*self.blinded.around(rule.nuisance), seen)})
        self.courses = [self._course(value) for value in truths if value > 0 and rule.has_room(value)]
        self.worst = self._worst()

    def page(self) -> Page:
        """All of it."""
        data = plain(self._data())
        planned = [*assumed(self.design), *level(self.design), *source(self.design)]
        rows = [[name, self.blinded.shown(value), _whole(need), f"{n:,}"] for name, value, need, n in self.rows]
        columns = ("", self.blinded.name, "n asked for", "n by the rule")
        sizes = Table(columns, rows, "What n would be", frozenset({1, 2, 3}))
        return Page(
            data=data,
            headline=self._headline(),
            tables=[sizes, *self._scales(), self._costs(), facts(self._rules(), "The rule"), facts(planned)],
            notes=[as_sentence(one) for one in self._notes()],
            records=lambda: data["courses"],
        )

    def figure(self) -> Curves:
        """n by the rule over what both arms may show together, with what they do show marked."""
        low, high = min(one[1] for one in self.rows), max(one[1] for one in self.rows)
        values = sorted({*np.linspace(low, high, _POINTS).tolist(), self.seen})
        asked = np.array([float(self.rule.needed(value)) for value in values])
        by_rule = np.array([float(self.rule.final_n(value)) for value in values])
        return Curves(
            x_name=f"{self.blinded.name} of both arms together",
            x=values,
            lines=[("n by the rule", by_rule), ("n asked for", asked)],
            quantity="participants",
            chosen=(self.seen, float(self.n)),
            title=f"n again: {self.design.slug()}, power {number(self.rule.target)}, planned n {self.rule.planned:,}",
        )

    # Numbers.

    def _course(self, value: float) -> dict[str, Any]:
        null = self.rule.course(self.rule.truth(value, null=True), trials=_TRIALS)
        found = self.rule.course(self.rule.truth(value), trials=_TRIALS)
        return {
            self.blinded.key: value,
            "type_one_error": null.rejects,
            "type_one_error_fixed": null.fixed_rejects,
            "power": found.favours,
            "power_fixed": found.fixed_favours,
            "standard_error": null.standard_error,
            "mean_n": found.mean_n,
            "n_05": found.quantile(0.05),
            "n_95": found.quantile(0.95),
        }

    def _worst(self) -> dict[str, float]:
        """The largest type I error over pooled rates, of the re-estimated trial and of the fixed one."""
        if self.rule.work > _QUICK:
            return {}
        rates, found = [0.025 * k for k in range(1, 40)], []
        for rate in rates:
            try:
                null = self.rule.course(self.rule.truth(rate, null=True))
            except (ParameterError, UnreachableError):
                continue  # a margin leaves no room at this rate
            found.append((rate, null.rejects, null.fixed_rejects))
        rate, most, _ = max(found, key=lambda one: one[1])
        fixed_rate, _, fixed = max(found, key=lambda one: one[2])
        return {"rate": rate, "type_one_error": most, "rate_fixed": fixed_rate, "type_one_error_fixed": fixed}

    def _data(self) -> dict[str, Any]:
        rule = self.rule
        names = ("target", "planned", "pilot", "randomised", "at_least", "at_most")
        blinded = {self.blinded.key: self.seen, "of": self.read, "interval": self.interval, **self.more}
        sizes = [{"what": w, "value": v, "needed": need, "n": n} for w, v, need, n in self.rows]
        return head(self.design) | {
            "blinded": blinded,
            "n": self.n,
            "arms": self.arms,
            "planned_n": rule.planned,
            "rule": {name: getattr(rule, name) for name in names}
            | {"kept": rule.effect_scale, "adjusted": rule.adjusted_variance},
            "sizes": sizes,
            "by_scale": self._by_scale(),
            "courses": self.courses,
            "largest_type_one_error": self.worst or None,
            "sentence": self._headline(),
        }

    def _by_scale(self) -> list[dict[str, Any]]:
        """What another scale on which to keep the effect would ask for."""

        def rates(rule: Reestimated) -> Iterable[float]:
            """The arms' rates that a rule goes on with at what was seen; nan where it leaves no room for the effect."""
            return map(float, rule.truth(self.seen).count_rates()) if rule.has_room(self.seen) else [math.nan] * 2

        scales = [scale for scale in self.blinded.keeps if self.blinded.has_effect(self.design, scale)]
        rules = [replace(self.rule, effect_scale=scale) for scale in scales]
        return [
            {"kept": rule.effect_scale, "effect": rule.kept_effect}
            | dict(zip(self.design.arm_names, rates(rule), strict=True))
            | {"needed": float(rule.needed(self.seen)), "n": rule.final_n(self.seen)}
            for rule in (rules if len(rules) > 1 else [])
        ]

    # Words.

    def _headline(self) -> str:
        seen = self.blinded.told(self.seen, self.read, self.rule.nuisance)
        change = self.n - self.rule.planned
        if math.isnan(self.rows[1][2]):
            least = "as planned" if not change else "the least by the rule"
            return f"{seen}: no n follows from that, and it stays at {participants(self.arms)}, {least}"
        moved = f"{change:+,} to the planned {self.rule.planned:,}" if change else "as planned"
        return f"{seen}: {participants(self.arms)}, {moved}"

    def _scales(self) -> list[Table]:
        rows = [
            [
                one["kept"] + (" (this rule)" if one["kept"] == self.rule.effect_scale else ""),
                number(one["effect"]),
                *("—" if math.isnan(one[arm]) else percent(one[arm]) for arm in self.design.arm_names),
                _whole(one["needed"]),
                f"{one['n']:,}",
            ]
            for one in self._by_scale()
        ]
        columns = ("kept as planned", "effect", *self.design.arm_names, "n asked for", "n by the rule")
        title = "At the rate seen, by the scale on which the planned effect is kept"
        return [Table(columns, rows, title, frozenset(range(1, 6)))] if rows else []

    def _costs(self) -> Table:
        columns = ("truth", "level", "level, fixed n", "power", "power, fixed n", "mean n", "n, 5 %", "n, 95 %")
        rows = [
            [
                self.blinded.shown(one[self.blinded.key]),
                *(f"{one[name]:.4f}" for name in ("type_one_error", "type_one_error_fixed")),
                *(f"{one[name]:.3f}" for name in ("power", "power_fixed")),
                f"{one['mean_n']:,.1f}",
                *(f"{one[name]:,}" for name in ("n_05", "n_95")),
            ]
            for one in self.courses
        ]
        title = f"What the rule does, by the true {self.blinded.truth}"
        return Table(columns, rows, title, frozenset(range(8)))

    def _rules(self) -> Sequence[tuple[str, str]]:
        rule = self.rule
        return [
            ("kept", f"the planned {rule.effect_scale.replace('-', ' ')}, {number(rule.kept_effect)}"),
            ("at least", f"{rule.floor:,}" + (" (the planned n)" if rule.at_least is None else "")),
            ("at most", "no maximum" if rule.at_most is None else f"{int(rule.ceiling):,}"),
            ("whole blocks of", f"{self.design.block:,}"),
            ("power", number(rule.target)),
            ("reference", self.blinded.reference),
        ]

    def _notes(self) -> Iterator[str]:
        yield (
            "nobody is unblinded: what may be looked at is one number over all participants read, "
            f"{self.blinded.looked_at}; not by arm, not by block of the list, and not by anyone who has seen results "
            "by arm. A data monitoring committee that has seen the arms takes no part in choosing n"
        )
        yield (
            "the rule (when it is counted, what is kept, at least, at most) belongs in the protocol before the count; "
            "one count is accounted for. The new n tells the number it came from to whoever knows the rule"
        )
        yield self.blinded.caveat(self.rule.adjusted_variance)
        yield from self._limits()
        yield self._how()

    def _limits(self) -> Iterator[str]:
        need = self.rows[1][2]
        if math.isnan(need):
            seen = f"{with_article(self.blinded.name)} of {self.blinded.shown(self.seen)}"
            yield f"{seen} leaves no room for the planned effect: n stays as planned"
        elif need > self.n:
            power = float(self.rule.truth(self.seen).power(self.n))
            yield f"the maximum holds n below the {need:,.0f} that is asked for: power {power:.3f} at what was seen"
        elif need < self.n:
            yield f"{need:,.0f} would be enough by what was seen; the rule's minimum holds n at {self.n:,}"
        if self.read % self.design.block:
            yield f"level and power are for an internal pilot of {self.rule.pilot:,}, whole allocation blocks"

    def _how(self) -> str:
        error = max(one["standard_error"] for one in self.courses)
        told = "level and power are enumerated over every count of the pilot and of what follows it"
        if error:
            told = f"level and power are simulated, standard error of the level {error:.4f}"
        if self.worst:
            worst = self.worst
            told += (
                "; the largest level among pooled rates of 2.5 %, 5 % and so on to 97.5 % is "
                f"{worst['type_one_error']:.4f}, at {percent(worst['rate'])}, and "
                f"{worst['type_one_error_fixed']:.4f} for the fixed n"
            )
        return told


def _whole(n: float) -> str:
    return "—" if math.isnan(n) else f"{n:,.0f}"
