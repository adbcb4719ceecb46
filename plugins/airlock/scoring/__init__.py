"""Batch scoring: a night's rows into the prediction log."""
