"""Training: which rows are held out, how a candidate is made, and where its making is tracked."""
