"""Studies: how often what examines a candidate is right, where the truth is known."""
