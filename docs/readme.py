"""What the README's numbers are written by: each function prints one passage (run by `make docs`)."""

from __future__ import annotations

import json
import subprocess


def _run(command: str) -> str:
    return subprocess.run(["trialplan", *command.split()], capture_output=True, text=True, check=True).stdout


def shown(command: str, lines: int | None = None) -> None:
    """A command with the first lines of what it prints, as a code block."""
    print(f"\n```text\n$ trialplan {command}")
    for line in _run(command).rstrip().splitlines()[:lines]:
        print(line.rstrip())
    print("```\n")


def findings() -> None:
    """How many findings the shipped table has, and two that block."""
    table = json.loads(_run("evidence msc-lupus-nephritis --json"))
    block = [one for one in table["findings"] if one["severity"] == "block"]
    outcomes = sum(len(study["outcomes"]) for study in table["studies"])
    print(f"\n{len(table['studies'])} studies, {outcomes} outcomes, {len(table['findings'])} findings, {len(block)} of")
    print("them blocking. For example:\n")
    for name in ("P06", "P12"):
        one = next(finding for finding in block if finding["id"] == name)
        print(f"- **{name}** {one['seen']} *{one['means']}*")
    print()


def shipped_plan() -> None:
    """What the shipped plan asks for, and how far that moves with what is believed."""
    from trialplan.plan import build, read
    from trialplan.protocol import context

    said = context(build(read("msc-lupus-nephritis")))
    span = said["range"]
    arms = " and ".join(f"{arm.n} on {arm.name}" for arm in said["arms"])
    print(f"\nThe shipped plan asks for {said['primary'].alone.n} participants, {arms}. Believed differently, the same")
    print(f"evidence asks for anything from {span.least} to {span.most} participants in an arm, and in")
    print(f"{span.impossible} of {span.cells} readings no number of participants would do.\n")


def tornado() -> None:
    """The worst of the shipped plan's assumptions, as a sentence."""
    rows = json.loads(_run("tornado msc-lupus-nephritis --json"))["rows"]
    print(f"\n> {rows[0]['sentence']}\n")
