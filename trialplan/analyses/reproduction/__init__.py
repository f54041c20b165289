"""Whether a sample size that somebody else printed follows from what they say they assumed."""

from trialplan.analyses.reproduction.counted import reproduce
from trialplan.analyses.reproduction.judge import Candidate, Reproduction
from trialplan.analyses.reproduction.statement import Statement, read

__all__ = ["Candidate", "Reproduction", "Statement", "read", "reproduce"]
