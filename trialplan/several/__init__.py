"""Wrappers over several endpoints, arms or clusters."""
