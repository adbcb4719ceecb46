"""Batch scoring: rows as they stream from a source, answered into one file of the evidence store."""
