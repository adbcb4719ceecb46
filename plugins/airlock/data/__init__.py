"""Data: read from its source, kept as a snapshot, held against its expectations."""
