"""trialplan: from a small table of uncontrolled studies to a sample size that can be defended."""

__version__ = "0.1.0"
