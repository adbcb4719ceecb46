"""What a table says of a model's fields: the signature, written from the training rows."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.labels import label_of
from airlock.package.signature import EVEN, Feature, Signature
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind

#: More categories than this are not listed, only taken.
MOST_CATEGORIES = 200


def signature_of(spec: ModelSpec, training: pa.Table, classes: tuple[str, ...]) -> Signature:
    """Return the signature of a model of `spec` that was fitted on the training rows."""
    features = tuple(_feature(training[name], name, spec.data.kind_of(name)) for name in spec.data.features)
    positive = None if spec.data.positive is None else label_of(spec.data.positive)
    return Signature(spec.name, spec.task, features, classes, positive, threshold_of(spec))


def threshold_of(spec: ModelSpec) -> float:
    """Return the probability from which on a binary model of `spec` answers yes."""
    return spec.decision.threshold if spec.decision else EVEN


def _feature(column: pa.ChunkedArray, name: str, kind: Kind | None) -> Feature:
    values = column.drop_null()
    if kind is Kind.CATEGORY:
        return _category(values, name)
    if kind is Kind.BOOLEAN:
        return Feature(name, kind, example=True)
    if len(values) == 0:
        return Feature(name, Kind.NUMBER)
    bounds = pc.min_max(values).as_py()
    return Feature(name, Kind.NUMBER, (), bounds["min"], bounds["max"], _median(values))


def _category(values: pa.ChunkedArray, name: str) -> Feature:
    counted = sorted(
        ((-entry["counts"].as_py(), entry["values"].as_py()) for entry in pc.value_counts(values)),
    )
    kept = tuple(sorted(value for _, value in counted[:MOST_CATEGORIES]))
    return Feature(name, Kind.CATEGORY, kept, example=counted[0][1] if counted else None)


def _median(values: pa.ChunkedArray) -> Any:
    return pc.quantile(values, q=0.5, interpolation="nearest")[0].as_py()
