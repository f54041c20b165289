"""Designs that a search returns: they have no free n, so the catalogue, which looks one floor up, lists the search."""
