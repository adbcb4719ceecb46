"""Triage: from what a night looked like to one cause, with its evidence and what it proposes."""
