"""Names that a person takes for the same, and rows that are no study."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOTALS = {
    *("total", "totals", "subtotal", "subtotals", "overall", "pooled", "summary", "combined", "sum", "all"),
    *("average", "mean", "gesamt", "insgesamt", "summe", "zwischensumme", "somme", "suma", "totale", "ensemble"),
}
_OF_A_PROGRAM = re.compile(
    r"(re|fe|ce|random|fixed|common)[\s-]+(effects?[\s-]+)?(model|effects?)\b.*|meta-?analys[ie]s|heterogeneity\b.*"
    r"|tests? for (overall|subgroup|effect|heterogen).*"
)
"""What programs for meta-analysis call the rows below the studies."""
_BESIDE = {
    *("grand", "the", "of", "study", "studies", "trial", "trials", "patients", "participants", "subjects", "events"),
    *(
        "effect",
        "effects",
        "estimate",
        "estimates",
        "weighted",
        "rate",
        "result",
        "results",
        "random",
        "fixed",
        "model",
    ),
    *("ci", "n", "k"),
}
"""Words that a row's name may have beside one for a sum."""


def folded(name: str) -> str:
    """A name without case, spaces, hyphens and the plural's s."""
    return re.sub(r"[\W_]+", "", name.casefold()).removesuffix("s")


_AND_OTHERS = re.compile(r"\bet\.?\s+al\b\.?|(?:\band|&)\s+(?:colleagues|others|co-?workers)\b", re.IGNORECASE)


def of_authors(key: str) -> str:
    """A study's name without case, marks and those who wrote it with the first author."""
    return folded(_AND_OTHERS.sub(" ", key))


def near(name: str, names: Iterable[str]) -> list[str]:
    """Other names that differ from this one only in case, spaces, hyphens or the plural."""
    return [other for other in dict.fromkeys(names) if other != name and folded(other) == folded(name)]


def is_total(key: str) -> bool:
    """Whether a row's name says that it sums up others: Total, Pooled estimate, Subtotal (95 % CI)."""
    words = {*re.findall(r"[^\W\d_]+", key.casefold().replace("σ", "sum").replace("∑", "sum"))}
    sums = bool(words & _TOTALS) and words <= _TOTALS | _BESIDE
    return sums or _OF_A_PROGRAM.fullmatch(key.strip().casefold()) is not None
