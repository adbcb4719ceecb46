"""Evaluation: metrics on rows the candidates never saw, gates over them, and the evidence for the approver."""
