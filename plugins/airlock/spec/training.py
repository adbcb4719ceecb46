"""How candidates are made: which estimators, what search, which rows they never see."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from airlock.spec.base import Section

Preprocessing = Literal["one_hot", "ordinal"]


class Search(Section):
    """A hyperparameter search: lists of values, tried in `iterations` random combinations, or all."""

    space: dict[str, list[Any]] = Field(min_length=1)
    iterations: int = Field(10, ge=1, le=1000)


class Candidate(Section):
    """One algorithm to try: any estimator with scikit-learn's interface, by its dotted path."""

    estimator: str
    preprocessing: Preprocessing = "one_hot"
    parameters: dict[str, Any] = {}
    search: Search | None = None


class Split(Section):
    """Which rows are held out: the newest by event time, or a random share."""

    by: Literal["time", "random"]
    holdout: float = Field(0.25, gt=0, lt=1)


class CrossValidation(Section):
    """Folds within the training rows, on which candidates are compared with one another."""

    folds: int = Field(5, ge=2, le=20)


class Training(Section):
    """Everything about making candidates."""

    candidates: dict[str, Candidate] = Field(min_length=1)
    select_by: str = Field(description="the metric that picks the best candidate in cross-validation")
    split: Split
    cross_validation: CrossValidation = CrossValidation()
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _names_fit_task_ids(self) -> Self:
        for name in self.candidates:
            if not name.isidentifier():
                raise ValueError(
                    f"the candidate name {name!r} is not a word. Use letters, digits and underscores."
                )
        return self
