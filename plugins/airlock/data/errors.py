"""What is wrong with the data of a model, and how to mend it."""


class DataError(Exception):
    """The data of a model cannot be used; says where in its spec, what is wrong and the cure.

    >>> print(DataError("loans", "data.columns.income", "row 3 holds 'x'.", "Write a number."))
    loans/model.yaml: data.columns.income: row 3 holds 'x'. Write a number.
    """

    def __init__(self, model: str, key: str, wrong: str, cure: str) -> None:
        super().__init__(model, key, wrong, cure)
        self.model = model
        self.key = key
        self.wrong = wrong
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.model}/model.yaml: {self.key}: {self.wrong} {self.cure}".rstrip()


class SourceAway(DataError):
    """The source does not answer now, so that nothing is known of its rows: trying again may mend it."""


class NoRows(DataError):
    """The source works and holds nothing for the window asked for."""
