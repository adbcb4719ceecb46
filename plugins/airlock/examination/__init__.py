"""Examination: what a candidate does to groups, in its weakest places and for what reasons."""
