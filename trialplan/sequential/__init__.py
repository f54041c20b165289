"""Looking early: boundaries, and GroupSequential, a rule of looks over any z-tested design."""
