"""From columns to what an estimator takes, learned from the training rows and kept with the model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from airlock.spec.columns import Kind
from airlock.spec.training import Preprocessing

#: The number that stands for every category not seen in training.
UNKNOWN = -1


def pipeline_for(estimator: Any, kinds: Mapping[str, Kind], preprocessing: Preprocessing) -> Pipeline:
    """Return an unfitted pipeline over a frame made by `airlock.package.frame`.

    Parameters
    ----------
    estimator
        The unfitted estimator.
    kinds
        What each feature holds.
    preprocessing
        `one_hot`: numbers are imputed by the median, with an indicator where any was missing, and
        standardised; categories become one column each, a new one none of them. For linear models.
        `ordinal`: numbers stay as they are, NaN where missing; categories become their place in the
        alphabet, a new one `UNKNOWN`. For trees.
    """
    numbers = [name for name, kind in kinds.items() if kind is not Kind.CATEGORY]
    categories = [name for name, kind in kinds.items() if kind is Kind.CATEGORY]
    if preprocessing == "one_hot":
        imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
        of_numbers: Any = make_pipeline(imputer, StandardScaler())
        of_categories: Any = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    else:
        of_numbers = "passthrough"
        of_categories = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=UNKNOWN)
    columns = [("numbers", of_numbers, numbers), ("categories", of_categories, categories)]
    prepare = ColumnTransformer([part for part in columns if part[2]], verbose_feature_names_out=False)
    return Pipeline([("prepare", prepare), ("estimator", estimator)])


def origins(prepare: ColumnTransformer) -> tuple[str, ...]:
    """Return for each column that a fitted preparation gives the feature it was made of."""
    return tuple(
        name for _, transformer, names in prepare.transformers_ for name in _made_of(transformer, names)
    )


def _made_of(transformer: Any, names: Sequence[str]) -> Iterable[str]:
    if isinstance(transformer, OneHotEncoder):
        return [name for name, values in zip(names, transformer.categories_, strict=True) for _ in values]
    if isinstance(transformer, Pipeline):
        return [*names, *(names[place] for place in transformer[0].indicator_.features_)]
    return names
