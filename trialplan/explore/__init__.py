"""Questions asked of any design: what power at this n, what n across these assumptions."""
