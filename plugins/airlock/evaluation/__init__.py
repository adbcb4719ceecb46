"""Evaluation: metrics on rows no candidate saw, gates over them, and the evidence for the approver."""
