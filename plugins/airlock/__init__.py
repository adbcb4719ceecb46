"""Airlock: nothing reaches production except through the airlock, and what passed can be proved."""
