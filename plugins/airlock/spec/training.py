"""How candidates are made: which estimators, what search, which rows they never see."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from airlock.spec.base import Section

Preprocessing = Literal["one_hot", "ordinal"]

#: The modes of a training: try every candidate, fit the champion's again, take in a version from outside.
SEARCH, REFIT, EXTERNAL = "search", "refit", "external"


class Search(Section):
    """A hyperparameter search: lists of values, tried in `iterations` random combinations, or all."""

    space: dict[str, list[Any]] = Field(
        min_length=1, description="for each parameter of the estimator the values to try"
    )
    iterations: int = Field(
        10, ge=1, le=1000, description="how many random combinations are tried, where there are more"
    )


class Candidate(Section):
    """One algorithm to try: any estimator with scikit-learn's interface, by its dotted path."""

    estimator: str = Field(description="its dotted path, such as sklearn.linear_model.LogisticRegression")
    preprocessing: Preprocessing = Field("one_hot", description="how categories become numbers")
    parameters: dict[str, Any] = Field({}, description="what the estimator is made with")
    search: Search | None = Field(None, description="absent: the parameters are used as they are")


class Split(Section):
    """Which rows are held out: the newest by event time, or a random share."""

    by: Literal["time", "random"] = Field(
        description="time holds out the newest rows; random chooses by a hash of seed and entity key"
    )
    holdout: float = Field(0.25, gt=0, lt=1, description="the share of the rows that no candidate sees")


class CrossValidation(Section):
    """Folds within the training rows, on which candidates are compared with one another."""

    folds: int = Field(5, ge=2, le=20, description="into how many parts the training rows are cut")


class Training(Section):
    """Everything about making candidates."""

    candidates: dict[str, Candidate] = Field(min_length=1, description="what to try, by a name of one word")
    select_by: str = Field(description="the metric that picks the best candidate in cross-validation")
    split: Split = Field(description="how the hold-out is chosen")
    cross_validation: CrossValidation = Field(CrossValidation(), description="how candidates are compared")
    seed: int = Field(0, ge=0, description="the same seed and data give the same model")

    @model_validator(mode="after")
    def _names_fit_task_ids(self) -> Self:
        for name in self.candidates:
            if not name.isidentifier():
                raise ValueError(
                    f"the candidate name {name!r} is not a word. Use letters, digits and underscores."
                )
        return self
