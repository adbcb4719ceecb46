"""Fairness: what a candidate does to protected groups, and by which columns they can be told."""
