"""A grid of scenarios over any design: how it is asked, answered, written and drawn."""
