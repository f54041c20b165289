"""The kinds of outcome, one a file: what is counted or measured, and what a person calls it."""
