"""How a study was judged for risk of bias: a tool, its own domains, and a judgement for each; read, checked, shown.

Judgements are made by people who have read the report: none is derived here but the worst of what was judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trialplan.errors import ParameterError, did_you_mean


@dataclass(frozen=True)
class Tool:
    """A published tool: its domains in their order, and its judgements from the best to the worst.

    `signs` stand for the judgements where there is little room: no colour alone says anything. `unknown` are
    judgements that say neither.
    """

    name: str
    domains: tuple[str, ...]
    judgements: tuple[str, ...]
    unknown: tuple[str, ...]
    reference: str


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "ROBINS-I",
            ("confounding", "selection", "classification", "deviations", "missing data", "measurement", "reporting"),
            ("low", "moderate", "serious", "critical"),
            ("no information",),
            "Sterne et al. 2016, BMJ 355:i4919",
        ),
        Tool(
            "RoB 2",
            ("randomisation", "deviations", "missing data", "measurement", "reporting"),
            ("low", "some concerns", "high"),
            (),
            "Sterne et al. 2019, BMJ 366:l4898",
        ),
        Tool(
            "JBI",
            (
                *("inclusion criteria", "condition measured", "condition identified", "consecutive", "complete"),
                *("demographics", "clinical information", "outcomes", "sites", "statistics"),
            ),
            ("yes", "no"),
            ("unclear", "not applicable"),
            "Munn et al. 2020, JBI Evid Synth 18:2127 (case series)",
        ),
    )
}
"""Whose domains and judgements a table may use."""

SIGNS = {
    "low": "+",
    "yes": "+",
    "moderate": "−",
    "some concerns": "−",
    "serious": "×",
    "high": "×",
    "no": "×",
    "critical": "!",
    "no information": "?",
    "unclear": "?",
    "not applicable": "·",
}
"""What stands for a judgement in a narrow column."""

_IN_FULL = {
    "bias due to ": "", "bias in ": "", "bias arising from the ": "",
    "randomization": "randomisation", "randomisation process": "randomisation",
    "deviations from the intended interventions": "deviations", "deviations from intended interventions": "deviations",
    "missing outcome data": "missing data", "measurement of the outcome": "measurement",
    "measurement of outcomes": "measurement", "selection of the reported result": "reporting",
    "selection of participants into the study": "selection", "selection of participants": "selection",
    "classification of interventions": "classification",
}  # fmt: skip
"""The tools' own long names of their domains, which a table may use."""
OVERALL = "overall"
FORM = (
    '"ROBINS-I: confounding serious; selection moderate; …", a tool (ROBINS-I, RoB 2 or JBI) and a judgement a domain'
)


@dataclass(frozen=True)
class RiskOfBias:
    """One study's judgements by one tool; `overall` is what was judged, or the worst of the domains where none was."""

    tool: Tool
    judgements: Mapping[str, str]
    stated: str | None = None

    @property
    def overall(self) -> str | None:
        """The study as a whole; None where no domain says anything."""
        return self.stated or worst(self.tool, self.judgements.values())

    @property
    def rank(self) -> tuple[int, int]:
        """Higher is worse: the judgement as a whole, then how many domains have it."""
        order, whole = self.tool.judgements, self.overall
        if whole is None:
            return (-1, 0)
        return order.index(whole), list(self.judgements.values()).count(whole)

    @property
    def signs(self) -> str:
        """One sign a domain, in the tool's order; a space where a domain was not judged."""
        return "".join(SIGNS.get(self.judgements.get(domain, ""), " ") for domain in self.tool.domains)

    @property
    def words(self) -> str:
        """The judgements in words, each with its sign."""
        judged = [
            f"{domain} {self.judgements[domain]} ({SIGNS[self.judgements[domain]]})"
            for domain in self.tool.domains
            if domain in self.judgements
        ]
        return ", ".join(judged)


def worst(tool: Tool, judgements: Iterable[str]) -> str | None:
    """The worst of some judgements by a tool's own order; None where none of them says anything."""
    known = [tool.judgements.index(one) for one in judgements if one in tool.judgements]
    return tool.judgements[max(known)] if known else None


def parse(text: str) -> RiskOfBias:
    """What a cell says: the tool, a colon, and a domain with its judgement, with semicolons or commas between them.

    A domain may bear its long name or its number (D1), and a judgement the word risk, as the tools' forms print them.

    >>> parse("RoB 2: randomisation low; measurement some concerns").overall
    'some concerns'
    """
    name, colon, rest = text.partition(":")
    tool = next((one for one in TOOLS.values() if one.name.casefold() == name.strip().casefold()), None)
    if tool is None or not colon:
        raise ParameterError(f"risk_of_bias names no tool in {text!r}; write it as {FORM}")
    judgements: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in re.split("[;,]", rest))):
        domain, judgement = _split(tool, part)
        if domain in judgements:
            raise ParameterError(f"risk_of_bias judges {domain!r} twice; remove one")
        judgements[domain] = judgement
    stated = judgements.pop(OVERALL, None)
    if not judgements and stated is None:
        raise ParameterError(f"risk_of_bias judges nothing; write it as {FORM}")
    worst_domain = worst(tool, judgements.values())
    order = tool.judgements
    if stated in order and worst_domain is not None and order.index(stated) < order.index(worst_domain):
        raise ParameterError(
            f"risk_of_bias is {stated} overall and {worst_domain} in a domain, and {tool.name} is as bad as its worst "
            "domain; set one right"
        )
    return RiskOfBias(tool, judgements, stated)


def _split(tool: Tool, part: str) -> tuple[str, str]:
    """A domain and its judgement, by the tool's own words."""
    words, known = " ".join(re.sub("[=:]", " ", part).split()).casefold(), (*tool.judgements, *tool.unknown)
    domains = (*tool.domains, OVERALL)
    for longer, short in _IN_FULL.items():
        words = short + words.removeprefix(longer) if words.startswith(longer) else words
    numbered = re.match(r"d(\d+) ", words)
    if numbered and 0 < int(numbered[1]) <= len(tool.domains):
        words = tool.domains[int(numbered[1]) - 1] + words[numbered.end() - 1 :]
    words = words.removesuffix(" risk").removesuffix(" risk of bias")
    domain = next((one for one in domains if words == one or words.startswith(f"{one} ")), None)
    if domain is None:
        named = next((words.removesuffix(f" {one}") for one in known if words.endswith(f" {one}")), words)
        raise ParameterError(f"risk_of_bias: {tool.name} has no domain {named!r}; {did_you_mean(named, domains)}")
    judgement = words.removeprefix(domain).strip()
    if judgement not in known:
        raise ParameterError(
            f"risk_of_bias: {tool.name} has no judgement {judgement!r} of {domain}; {did_you_mean(judgement, known)}"
        )
    return domain, judgement


def worst_studies(risks: Mapping[str, RiskOfBias]) -> tuple[str, ...]:
    """The studies judged worst, by each tool's own order: those that stand there with the others the better."""
    ranks = {key: risk.rank[0] for key, risk in risks.items()}
    tools = {risk.tool.name for risk in risks.values()}
    if len(tools) != 1 or len(set(ranks.values())) < 2:
        return ()
    most = max(ranks.values())
    return tuple(key for key, rank in ranks.items() if rank == most)
