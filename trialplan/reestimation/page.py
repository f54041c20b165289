"""The page of a blinded re-estimation: what n becomes, what the rule costs, and what may be looked at."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialplan.design_facts import assumed, head, level, source
from trialplan.errors import ParameterError, UnreachableError
from trialplan.page import Page, Table, facts, plain
from trialplan.text import as_sentence, number, participants, percent

_TRIALS = 100_000
_CONFIDENCE = 0.95
_RATES = "Wittes & Brittain 1990; Gould 1992; Friede & Kieser 2004"
_MEANS = "Wittes & Brittain 1990; Kieser & Friede 2003; Friede & Kieser 2013; Lu 2016"
_QUICK = 3e8
"""Multiplications for one rate up to which the level is sought over all rates."""


def page(trial: Any, blinded: str | None = None, *, sd: float | None = None, n: int | None = None, **rule: Any) -> Page:
    """n again, from responders of both arms together, as in 23/60, or from one standard deviation of n participants.

    `trial` is a design, or a plan's primary endpoint, which has the target and the planned n of its answer. `rule` are
    `target`, `planned`, `at_least`, `at_most`, `randomised`, `effect_scale` and `adjusted_variance` of `Reestimated`.
    """
    design, rule = _planned(trial, rule)
    if (blinded is None) == (sd is None):
        raise ParameterError("what was seen of both arms together is one of --blinded 23/60 and --blinded-sd 1.42")
    if blinded is not None:
        responders, read = _counts(blinded)
        return _page(design, responders / read, read, {"responders": responders}, rule)
    if n is None:
        raise ParameterError("--blinded-sd needs the participants that it is of, as in --blinded-sd 1.42 --n 60")
    return _page(design, float(sd or 0), n, {}, rule)


def _planned(trial: Any, rule: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    given = {name: value for name, value in rule.items() if value is not None}
    answer = getattr(trial, "answer", None)
    if answer is None:
        return trial, given
    return trial.design, {"target": float(answer.target), "planned": int(answer.n)} | given


def _counts(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", str(text))
    if not found or not 0 < int(found[2]) >= int(found[1]):
        raise ParameterError(
            f"--blinded must be responders of participants read, both arms together, as in 23/60, not {text}"
        )
    return int(found[1]), int(found[2])


def _page(design: Any, seen: float, read: int, more: Mapping[str, Any], rule: dict[str, Any]) -> Page:
    from trialplan.reestimation.rule import Reestimated

    block = int(getattr(design, "block", 1))
    pilot = read // block * block
    rule["randomised"] = max(rule.get("randomised", 0), read)
    asked = Reestimated(design=design, pilot=pilot, **rule)
    if more and not hasattr(design, "treatment"):
        raise ParameterError(f"--blinded is a rate, and {design.slug()} has none; give --blinded-sd 1.42/60")
    if not more and not hasattr(design, "sd"):
        raise ParameterError(f"--blinded-sd is of means, and {design.slug()} has none; give --blinded 23/60")
    return _Answer(asked, seen, read, more).page()


class _Answer:
    """The numbers of one re-estimation, and their words."""

    def __init__(self, rule: Any, seen: float, read: int, more: Mapping[str, Any]) -> None:
        self.rule, self.seen, self.read, self.more = rule, seen, read, more
        self.design, self.of_rates = rule.design, bool(more)
        self.n = rule.final_n(seen)
        self.arms = self.design.arms(self.n)
        self.interval = self._interval()
        self.rows = [(name, value, *self._sized(value)) for name, value in self._values()]
        self.courses = [self._course(value) for value in self._truths()]
        self.worst = self._worst()

    def page(self) -> Page:
        """All of it."""
        data = plain(self._data())
        planned = [*assumed(self.design), *level(self.design), *source(self.design)]
        return Page(
            data=data,
            headline=self._headline(),
            tables=[self._sizes(), *self._scales(), self._costs(), facts(self._rules(), "The rule"), facts(planned)],
            notes=[as_sentence(one) for one in self._notes()],
            records=lambda: data["courses"],
        )

    # Numbers.

    def _interval(self) -> tuple[float, float]:
        """Of the blinded rate (Wilson 1927), or of the standard deviation (chi-squared)."""
        from trialplan.numerics.binomial_limits import wilson_limits
        from trialplan.numerics.distributions import normal_quantile
        from trialplan.numerics.lazy import special

        if self.of_rates:
            low, high = wilson_limits(self.seen, self.read, float(normal_quantile(0.5 + _CONFIDENCE / 2)))
            return max(float(low), 0.0), min(float(high), 1.0)
        tail, df = (1 - _CONFIDENCE) / 2, self.read - 1
        low, high = (self.seen * math.sqrt(df / special.chdtri(df, p)) for p in (tail, 1 - tail))
        return low, high

    def _values(self) -> list[tuple[str, float]]:
        low, high = self.interval
        return [("planned", self.rule.nuisance), ("seen", self.seen), ("95 % from", low), ("95 % to", high)]

    def _sized(self, value: float) -> tuple[float, int]:
        return float(self.rule.needed(value)), self.rule.final_n(value)

    def _truths(self) -> list[float]:
        """The planned and the seen value, and some around them."""
        planned = self.rule.nuisance
        some = [planned - 0.1, planned - 0.05, planned, planned + 0.05, planned + 0.1, planned + 0.15]
        around = some if self.of_rates else [0.8 * planned, planned, 1.2 * planned, 1.5 * planned]
        chosen = sorted({round(value, 4) for value in (*around, self.seen)})
        return [value for value in chosen if value > 0 and (not self.of_rates or self._has_room(value))]

    def _has_room(self, rate: float) -> bool:
        return 0 < rate < 1 and bool(self.rule.rates(rate)[0] > 0)

    def _course(self, value: float) -> dict[str, Any]:
        null = self.rule.course(self.rule.truth(value, null=True), trials=_TRIALS)
        found = self.rule.course(self.rule.truth(value), trials=_TRIALS)
        return {
            "rate" if self.of_rates else "sd": value,
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
        if not self.of_rates or self.rule.work > _QUICK:
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
        rule, low = self.rule, self.interval
        names = ("target", "planned", "pilot", "randomised", "at_least", "at_most")
        blinded = {"rate" if self.of_rates else "sd": self.seen, "of": self.read, "interval": low, **self.more}
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
        if not self.of_rates:
            return []
        from dataclasses import replace

        rules = [replace(self.rule, effect_scale=scale) for scale in ("difference", "ratio", "odds-ratio")]
        rows = []
        for one in rules:
            treatment, control = (float(rate) for rate in one.rates(self.seen))
            rows.append(
                {
                    "kept": one.effect_scale,
                    "effect": one.kept_effect,
                    "treatment": treatment,
                    "control": control,
                    "needed": float(one.needed(self.seen)),
                    "n": one.final_n(self.seen),
                }
            )
        return rows

    # Words.

    def _headline(self) -> str:
        told = participants(self.arms)
        if self.of_rates:
            seen = f"{self.more['responders']:,} of {self.read:,} responded, both arms together"
            seen += f" ({percent(self.seen)}; planned {percent(self.rule.nuisance)})"
        else:
            seen = f"standard deviation {number(self.seen)} of {self.read:,}, both arms together"
            seen += f" (planned {number(self.rule.nuisance)})"
        change = self.n - self.rule.planned
        return f"{seen}: {told}, " + (
            "as planned" if not change else f"{change:+,} to the planned {self.rule.planned:,}"
        )

    def _value(self, value: float) -> str:
        return percent(value) if self.of_rates else number(value)

    @property
    def _what(self) -> str:
        return "pooled rate" if self.of_rates else "blinded sd"

    def _sizes(self) -> Table:
        rows = [[name, self._value(value), _whole(need), f"{n:,}"] for name, value, need, n in self.rows]
        return Table(("", self._what, "n asked for", "n by the rule"), rows, "What n would be", frozenset({1, 2, 3}))

    def _scales(self) -> list[Table]:
        rows = [
            [
                one["kept"] + (" (this rule)" if one["kept"] == self.rule.effect_scale else ""),
                number(one["effect"]),
                *(_rate(one[arm]) for arm in ("treatment", "control")),
                _whole(one["needed"]),
                f"{one['n']:,}",
            ]
            for one in self._by_scale()
        ]
        columns = ("kept as planned", "effect", "treatment", "control", "n asked for", "n by the rule")
        title = "At the rate seen, by the scale on which the planned effect is kept"
        return [Table(columns, rows, title, frozenset(range(1, 6)))] if rows else []

    def _costs(self) -> Table:
        columns = ("truth", "level", "level, fixed n", "power", "power, fixed n", "mean n", "n, 5 %", "n, 95 %")
        rows = [
            [
                self._value(one["rate" if self.of_rates else "sd"]),
                *(f"{one[name]:.4f}" for name in ("type_one_error", "type_one_error_fixed")),
                *(f"{one[name]:.3f}" for name in ("power", "power_fixed")),
                f"{one['mean_n']:,.1f}",
                *(f"{one[name]:,}" for name in ("n_05", "n_95")),
            ]
            for one in self.courses
        ]
        title = (
            f"What the rule does, by the true {'pooled rate' if self.of_rates else 'standard deviation within arms'}"
        )
        return Table(columns, rows, title, frozenset(range(8)))

    def _rules(self) -> Sequence[tuple[str, str]]:
        rule = self.rule
        most = "no maximum" if rule.at_most is None else f"{int(rule.ceiling):,}"
        kept = rule.effect_scale.replace("-", " ")
        return [
            ("kept", f"the planned {kept}, {number(rule.kept_effect)}"),
            ("at least", f"{rule.floor:,}" + (" (the planned n)" if rule.at_least is None else "")),
            ("at most", most),
            ("whole blocks of", f"{self.design.block:,}"),
            ("power", number(rule.target)),
            ("reference", _RATES if self.of_rates else _MEANS),
        ]

    def _notes(self) -> Iterator[str]:
        yield (
            "nobody is unblinded: what may be looked at is one number over all participants read, "
            + ("how many responded" if self.of_rates else "their standard deviation around one common mean")
            + "; not by arm, not by block of the list, and not by anyone who has seen results by arm. A data "
            "monitoring committee that has seen the arms takes no part in choosing n"
        )
        yield (
            "the rule (when it is counted, what is kept, at least, at most) belongs in the protocol before the count; "
            "one count is accounted for. The new n tells the number it came from to whoever knows the rule"
        )
        if self.of_rates:
            yield (
                "a pooled rate moves with the control rate and with the effect alike, and cannot tell them apart: the "
                "planned effect is assumed, not seen"
            )
        else:
            yield (
                "the standard deviation holds the spread within arms and what the difference adds to it; "
                + (
                    "the planned difference's part is taken off"
                    if self.rule.adjusted_variance
                    else "it errs to the larger n"
                )
            )
        yield from self._limits()
        yield self._how()

    def _limits(self) -> Iterator[str]:
        need = self.rows[1][2]
        if math.isnan(need):
            yield f"a pooled rate of {percent(self.seen)} leaves no room for the planned effect: n stays as planned"
        elif need > self.n:
            power = float(self.rule.truth(self.seen).power(self.n))
            yield f"the maximum holds n below the {need:,.0f} that is asked for: power {power:.3f} at what was seen"
        elif need < self.n:
            yield f"{need:,.0f} would be enough by what was seen; the rule's minimum holds n at {self.n:,}"
        if self.read % self.design.block:
            yield f"level and power are for an internal pilot of {self.rule.pilot:,}, whole allocation blocks"

    def _how(self) -> str:
        error = max(one["standard_error"] for one in self.courses)
        if error:
            told = f"level and power are simulated, standard error of the level {error:.4f}"
        else:
            told = "level and power are enumerated over every count of the pilot and of what follows it"
        if self.worst:
            worst = self.worst
            told += (
                "; the largest level among pooled rates of 2.5 %, 5 % and so on to 97.5 % is "
                f"{worst['type_one_error']:.4f}, at {percent(worst['rate'])}, and "
                f"{worst['type_one_error_fixed']:.4f} for the fixed n"
            )
        return told


def _rate(value: float) -> str:
    return "—" if math.isnan(value) else percent(value)


def _whole(n: float) -> str:
    return "—" if math.isnan(n) else f"{n:,.0f}"
