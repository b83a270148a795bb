"""Benchmarks, and the corpora that they measure."""
