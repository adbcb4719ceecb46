"""A fitted preparation over one matrix of numbers, in which each category is its code.

Text is what costs time in ONNX: each value is copied, hashed and looked up by a step of its own for each
column. So words become codes before they reach the model, and the preparation is converted as if it had
learned from the codes.
"""

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.algebra.onnx_ops import OnnxArrayFeatureExtractor, OnnxCast, OnnxEqual
from skl2onnx.common.data_types import DoubleTensorType
from skl2onnx.proto import onnx_proto
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from airlock.package.inputs import Column
from airlock.package.onnx_numbers import OPSET, write
from airlock.spec.columns import Kind

Step = tuple[str, Any, list[int]]
#: A one-hot column for this code is never set, as for a word that was not seen.
UNSEEN = -1.0


class OneHotOfCodes(TransformerMixin, BaseEstimator):
    """A one-hot encoder that is given codes, for its converter alone."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes = sizes


def register() -> None:
    """Let skl2onnx convert one-hot encoders of codes; doing it again changes nothing."""
    update_registered_converter(OneHotOfCodes, "AirlockOneHotOfCodes", _one_hot_shape, _one_hot)


def coded(prepare: Any, kinds: Mapping[str, Kind]) -> tuple[Any, tuple[Column, ...]] | None:
    """Return a preparation of the matrix, and what the columns of the matrix are.

    Parameters
    ----------
    prepare
        The fitted first step of a candidate's pipeline.
    kinds
        What each feature holds.

    Returns
    -------
    tuple or None
        None where the preparation is not of the kinds that `airlock.training.preprocess` makes; a
        preparation that changes nothing is None in the tuple.
    """
    if type(prepare) is not ColumnTransformer or prepare.transformer_weights:
        return None
    columns: list[Column] = []
    steps: list[Step] = []
    for name, transformer, features in prepare.transformers_:
        if transformer == "drop":
            continue
        known = isinstance(features, list) and kinds.keys() >= set(features)
        found = _coded_step(transformer, features, kinds) if known else None
        if found is None:
            return None
        replaced, own = found
        steps.append((name, replaced, list(range(len(columns), len(columns) + len(own)))))
        columns += own
    if all(changes_nothing(transformer) for _, transformer, _ in steps):
        return None, tuple(columns)
    again = copy(prepare)
    again.transformers_ = steps
    return again, tuple(columns)


def _coded_step(
    transformer: Any, features: list[str], kinds: Mapping[str, Kind]
) -> tuple[Any, list[Column]] | None:
    if not any(kinds[name] is Kind.CATEGORY for name in features):
        return transformer, [Column(name) for name in features]
    if type(transformer) is OrdinalEncoder and transformer.handle_unknown == "use_encoded_value":
        unseen, replaced = float(transformer.unknown_value), "passthrough"
    elif type(transformer) is OneHotEncoder and transformer.handle_unknown == "ignore":
        unseen, replaced = UNSEEN, OneHotOfCodes(tuple(map(len, transformer.categories_)))
    else:
        return None
    if transformer.min_frequency or transformer.max_categories or getattr(transformer, "drop", None):
        return None
    words = [tuple(str(word) for word in values) for values in transformer.categories_]
    return replaced, [Column(name, known, unseen) for name, known in zip(features, words, strict=True)]


def changes_nothing(transformer: Any) -> bool:
    """Say whether a step of a pipeline hands on what it is given."""
    if isinstance(transformer, FunctionTransformer):
        return transformer.func is None
    return transformer == "passthrough"


def _one_hot_shape(operator: Any) -> None:
    operator.outputs[0].type = DoubleTensorType([None, sum(operator.raw_operator.sizes)])


def _one_hot(scope: Any, operator: Any, container: Any) -> None:
    """Repeat each column as often as it has words, and compare each with the code of its own word."""
    sizes = operator.raw_operator.sizes
    columns: np.ndarray = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    codes = np.concatenate([np.arange(size, dtype=np.float64) for size in sizes])
    repeated = OnnxArrayFeatureExtractor(operator.inputs[0], columns, op_version=OPSET)
    same = OnnxEqual(repeated, codes, op_version=OPSET)
    write(OnnxCast(same, to=onnx_proto.TensorProto.DOUBLE, op_version=OPSET), scope, operator, container)
