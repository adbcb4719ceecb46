"""Benchmarks: what Airlock costs beside what people would use without it, measured in the same run."""
