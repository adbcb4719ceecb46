"""The night shift's pure part: what a night looked like beside the training data, and what is worth a mail."""
