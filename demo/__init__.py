"""The demo: two models go through their whole life on the embedded stack, every step checked."""
