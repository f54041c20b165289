"""Whether what a formula claims is what the trial does: by drawn participants, by counting outcomes."""
