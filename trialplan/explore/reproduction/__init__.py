"""Whether a sample size that somebody else printed follows from what they say they assumed."""

from trialplan.explore.reproduction.judge import Candidate, Reproduction, reproduce
from trialplan.explore.reproduction.statement import Statement, read

__all__ = ["Candidate", "Reproduction", "Statement", "read", "reproduce"]
