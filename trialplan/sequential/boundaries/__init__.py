"""Efficacy and futility boundaries: named, read, spent and solved."""
