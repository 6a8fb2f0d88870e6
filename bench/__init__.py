"""Measurements against what others do with the same work; `make bench` runs them, and nothing is asserted."""
