"""The audit: whether the log is what was written, and tells what the records tell."""
