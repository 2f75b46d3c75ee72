"""Measuring: protocols, benchmarks, plots."""
