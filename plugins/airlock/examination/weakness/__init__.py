"""Weaknesses: where a candidate fails, what throws it off, what it gives away and how long it takes."""
