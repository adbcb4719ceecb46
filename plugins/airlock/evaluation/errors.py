"""What evaluation may refuse."""


class EvaluationError(Exception):
    """The candidates cannot be compared."""
