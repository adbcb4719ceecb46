"""Lineage: from a source to a prediction and back, along the records and the evidence store."""
