"""Sample worlds: generated data whose truth is known, for the demo, the tests and the benchmarks."""
