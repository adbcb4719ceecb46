"""The one exception that the stack shows to a person."""


class StackError(Exception):
    """Something a person can mend; the message says what is wrong and what to do."""
