"""Scorer: a package's portable form, which answers plain rows and plain arrays without any DataFrame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime

from airlock.package.answers import Answer, Answers, answers_from
from airlock.package.package import Package
from airlock.package.signature import MISSING_CATEGORY, Signature
from airlock.spec.columns import Kind


@dataclass(frozen=True)
class Scorer:
    """A loaded ONNX model; it can be asked from several threads at once."""

    signature: Signature
    session: onnxruntime.InferenceSession
    output: str

    @classmethod
    def load(cls, package: Package, *, threads: int = 1) -> "Scorer":
        """Load a package's portable form.

        Parameters
        ----------
        package
            One that has a portable file.
        threads
            How many cores one question may take; one, where questions are answered beside one another.
        """
        return cls.of(package.portable_file.read_bytes(), package.signature, threads=threads)

    @classmethod
    def of(cls, model: bytes, signature: Signature, *, threads: int = 1) -> "Scorer":
        """Return what answers with an ONNX model that `airlock.package.portable.convert` made."""
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        return cls(signature, session, session.get_outputs()[-1].name)

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer rows that hold every feature (`Signature.problems` finds what is wrong with a row)."""
        columns = {
            feature.name: _column([row[feature.name] for row in rows], feature.kind)
            for feature in self.signature.features
        }
        answers = self.predict_columns(columns)
        return list(map(Answer, answers.scores.tolist(), answers.predictions))

    def predict_columns(self, columns: Mapping[str, np.ndarray]) -> Answers:
        """Answer every row of columns of equal length.

        Parameters
        ----------
        columns
            By feature, shape (n,): float64 with NaN where missing for numbers and booleans, objects that are
            text with `MISSING_CATEGORY` where missing for categories.
        """
        signature = self.signature
        inputs = {feature.name: columns[feature.name].reshape(-1, 1) for feature in signature.features}
        if not all(map(len, inputs.values())):
            return Answers.of_no_rows(signature.task, len(signature.classes))
        (said,) = self.session.run([self.output], inputs)
        return answers_from(said.astype(np.float64), signature)


def _column(values: list[Any], kind: Kind) -> np.ndarray:
    if kind is Kind.CATEGORY:
        return np.array([MISSING_CATEGORY if value is None else value for value in values], dtype=object)
    return np.array(values, dtype=np.float64)  # None becomes NaN
