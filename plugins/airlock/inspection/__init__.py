"""Inspection: what the rows are like before anything learns from them, and what nobody should learn from."""
