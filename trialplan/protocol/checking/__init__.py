"""Whether a finished protocol still says what its plan gives."""
