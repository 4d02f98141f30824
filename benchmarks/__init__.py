"""Benchmarks: `python -m benchmarks` runs those with a figure; each is a module that can run alone."""
