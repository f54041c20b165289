"""Random draws for randomisation that stay the same in years to come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from trialplan.numerics.lazy import np


class Draws:
    """Random draws that stay the same in years to come.

    numpy promises the stream of a seed sequence and of a bit generator, not that of `Generator.permutation`
    (NEP 19): so the shuffle is made here, from raw bits.
    """

    def __init__(self, seed: int, stratum: Mapping[str, str]) -> None:
        """`stratum` names the stream: the spawn key is a digest of it, so that no other stratum matters."""
        name = json.dumps(stratum, sort_keys=True).encode()
        key = np.frombuffer(hashlib.sha256(name).digest(), dtype="<u4")
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(map(int, key))))

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1, each as likely: raw draws beyond the last whole multiple are redrawn."""
        last = 2**64 - 2**64 % bound
        while (raw := int(self._bits.random_raw())) >= last:
            pass
        return raw % bound

    def shuffled(self, items: list[str]) -> list[str]:
        """A permutation, each as likely (Fisher & Yates; Durstenfeld 1964, Communications of the ACM 7:420)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items
