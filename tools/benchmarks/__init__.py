"""Measurements beside other libraries, in one run on one machine: `python -m tools.benchmarks`."""
