"""The night shift's pure part: how a night compares with the training data, and what is worth a mail."""
