"""The portable form: a fitted pipeline as ONNX, kept only when it is proved to answer like the original."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from sklearn.pipeline import Pipeline, make_pipeline

from airlock.evaluation.figures import to_json
from airlock.package.answers import Answer, Answers
from airlock.package.examples import EXAMPLES, largest_difference
from airlock.package.fitted import Fitted
from airlock.package.frame import columns_of
from airlock.package.inputs import COLUMNS, MATRIX, columns_to_json
from airlock.package.package import evenly
from airlock.package.scorer import Scorer
from airlock.package.signature import Signature
from airlock.spec.columns import Kind
from airlock.spec.metrics import Task

#: So many rows are asked for alone too, as production does.
ALONE = 30


@dataclass(frozen=True)
class Portable:
    """Whether a model has a portable form, and how it compares with the original on the hold-out.

    Attributes
    ----------
    format
        None where there is none; `reason` says why.
    largest_difference
        Of the scores, absolute; NaN where nothing could be compared.
    equal_decisions
        The share of rows with the same prediction; NaN where nothing could be compared.
    """

    format: Literal["onnx"] | None
    reason: str
    rows: int
    largest_difference: float
    equal_decisions: float

    @property
    def sentence(self) -> str:
        """The proof, or what is served instead."""
        if self.format is None:
            return f"There is no portable form, and the original is served: {self.reason}"
        return (
            f"As {self.format.upper()} the model gives the same decision on all {self.rows:,} held-out rows; "
            f"no score differs by more than {self.largest_difference:.1e}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the proof as JSON; a figure that could not be had is null."""
        return to_json(asdict(self) | {"sentence": self.sentence})


def portable_of(fitted: Fitted, holdout: pa.Table) -> tuple[Portable, bytes | None]:
    """Convert a fitted pipeline and compare it with the original; the bytes are given only when it is equal.

    Every decision must be the same, and no score may differ by more than `largest_difference` says, whether
    the rows are asked about together or alone.
    """
    try:
        model = convert(fitted)
        answered = list(_asked(Scorer.of(model, fitted.signature), holdout))
    except Exception as error:  # what a converter does not know it says in many ways
        said = (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
        nan = float("nan")
        return Portable(
            None, f"{fitted.estimator} cannot be converted ({said}).", len(holdout), nan, nan
        ), None
    original = fitted.answer(holdout)
    pairs = [(original.take(places), again) for places, again in answered]
    apart = [float(np.abs(one.scores - other.scores).max(initial=0.0)) for one, other in pairs]
    equal = min(equal_decisions(fitted.signature, one, other) for one, other in pairs)
    difference = float(np.max(apart))
    alike = all(found <= largest_difference(one.scores) for found, (one, _) in zip(apart, pairs, strict=True))
    if not (alike and equal == 1.0):  # NaN is not alike either
        reason = (
            f"converted, it decides {1 - equal:.2%} of the rows otherwise, and scores lie up to "
            f"{difference:.1e} apart."
        )
        return Portable(None, reason, len(holdout), difference, equal), None
    return Portable("onnx", "", len(holdout), difference, equal), model


def _asked(scorer: Scorer, holdout: pa.Table) -> Iterator[tuple[np.ndarray, Answers]]:
    """Ask about all rows at once, the examples together and some rows alone; yield places and answers."""
    kinds = scorer.signature.kinds
    yield np.arange(len(holdout)), scorer.predict_columns(columns_of(holdout, kinds))
    rows = holdout.select(list(kinds))
    examples = rows.slice(0, EXAMPLES)
    yield np.arange(len(examples)), _together(scorer.predict(examples.to_pylist()))
    some = np.array(evenly(len(rows), ALONE), dtype=np.int64)
    yield some, _together([scorer.predict([row])[0] for row in rows.take(some).to_pylist()])


def _together(answers: Sequence[Answer]) -> Answers:
    scores = np.array([answer.score for answer in answers], dtype=np.float64)
    return Answers(scores, [answer.prediction for answer in answers])


def convert(fitted: Fitted) -> bytes:
    """Return the whole pipeline as ONNX: coded where its preparation is known, else named.

    `airlock.package.inputs` says what these are. Numbers are prepared with 64 bits and narrowed to 32 before
    the estimator, as trees in ONNX take them.
    """
    from skl2onnx.common.data_types import DoubleTensorType, StringTensorType

    from airlock.package import onnx_categories, onnx_numbers

    onnx_numbers.register()
    onnx_categories.register()
    prepare, estimator = fitted.pipeline
    if onnx_categories.changes_nothing(prepare) and isinstance(estimator, Pipeline) and len(estimator) == 2:
        prepare, estimator = estimator  # one from elsewhere, which prepares by itself
    kinds = fitted.signature.kinds
    found = onnx_categories.coded(prepare, kinds)
    if found is not None:
        prepare, columns = found
        model = _converted(fitted, prepare, estimator, {MATRIX: DoubleTensorType([None, len(columns)])})
        model.metadata_props.add(key=COLUMNS, value=columns_to_json(columns))
    else:
        types = {
            name: StringTensorType([None, 1]) if kind is Kind.CATEGORY else DoubleTensorType([None, 1])
            for name, kind in kinds.items()
        }
        model = _converted(fitted, prepare, estimator, types)
    # skl2onnx names the operator sets in the order of a set, which differs from process to process.
    model.opset_import.sort(key=lambda opset: opset.domain)
    return bytes(model.SerializeToString(deterministic=True))


def _converted(fitted: Fitted, prepare: Any, estimator: Any, types: Mapping[str, Any]) -> Any:
    from skl2onnx import convert_sklearn
    from skl2onnx.sklapi import CastTransformer

    from airlock.package.onnx_numbers import OPSET

    steps = (CastTransformer(dtype=np.float32), estimator)
    pipeline = make_pipeline(*steps) if prepare is None else make_pipeline(prepare, *steps)
    options = {} if fitted.signature.task is Task.REGRESSION else {id(pipeline): {"zipmap": False}}
    with warnings.catch_warnings():
        # skl2onnx writes booleans where protobuf wants integers.
        warnings.filterwarnings("ignore", message=".*Expected an int, got a boolean")
        return convert_sklearn(
            pipeline,
            name=fitted.signature.model,
            initial_types=list(types.items()),
            options=options,
            target_opset={"": OPSET, "ai.onnx.ml": 3},
        )


def equal_decisions(signature: Signature, original: Answers, again: Answers) -> float:
    """Return the share of equal predictions; a number predicted is no decision, and always equal."""
    if signature.task is Task.REGRESSION or not len(original):
        return 1.0
    pairs = zip(original.predictions, again.predictions, strict=True)
    return sum(one == other for one, other in pairs) / len(original)
