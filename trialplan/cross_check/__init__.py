"""Scripts by which a second statistician recomputes every number with other programs."""
