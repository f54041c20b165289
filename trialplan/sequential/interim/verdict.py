"""What the rule of a look says: go on, or stop, and why; at the last look, whether the null is rejected."""

from __future__ import annotations

GO_ON, EFFICACY, FUTILITY, HARM = "go-on", "stop-for-efficacy", "stop-for-futility", "stop-for-harm"
REJECTED, NOT_REJECTED = "rejected", "not-rejected"


def verdict(*, final: bool, efficacy: bool, futility: bool, harm: bool = False) -> str:
    """What the rule says where these boundaries are crossed; the last look only rejects or does not."""
    if efficacy or harm:
        return REJECTED if final else EFFICACY if efficacy else HARM
    if final:
        return NOT_REJECTED
    return FUTILITY if futility else GO_ON
