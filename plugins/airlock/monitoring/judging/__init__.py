"""Judging a night: each module holds one part of what was measured against its limits."""
