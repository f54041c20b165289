"""The explorer: an address is a state, and a page is a function of it; the same answers and figures as everywhere.

Nothing is computed here that the library does not compute. What a person may change is found in the catalogue of
designs and in the schema of plans, so that a new design or key appears by itself.
"""
