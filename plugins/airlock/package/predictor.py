"""Predictor: a package that answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from airlock.package.answers import Answer, Answers, answers_of
from airlock.package.frame import frame, table_of
from airlock.package.package import Package
from airlock.package.signature import Signature
from airlock.package.trust import load_pipeline

__all__ = ["Answer", "Answers", "Predictor"]


@dataclass(frozen=True)
class Predictor:
    """A loaded model; it can be asked from several threads at once."""

    signature: Signature
    pipeline: Any

    @classmethod
    def load(cls, package: Package) -> "Predictor":
        """Load a package's model, refusing every type that is not trusted.

        Raises
        ------
        PackageError
            When the model holds a type that may not be loaded, or cannot be read.
        """
        signature = package.signature
        return cls(signature, load_pipeline(package.model_file, signature.model, package.code))

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer rows that hold every feature (`Signature.problems` finds what is wrong with a row)."""
        answers = self.predict_table(table_of(rows, self.signature.kinds))
        return [
            Answer(float(score), text)
            for score, text in zip(answers.scores, answers.predictions, strict=True)
        ]

    def predict_columns(self, columns: Mapping[str, np.ndarray]) -> Answers:
        """Answer rows given as columns, as `airlock.package.frame` makes them."""
        return answers_of(
            self.pipeline, pd.DataFrame(columns, columns=list(self.signature.kinds)), self.signature
        )

    def predict_table(self, table: pa.Table) -> Answers:
        """Answer every row of a table that has the features among its columns."""
        signature = self.signature
        if len(table) == 0:
            return Answers.of_no_rows(signature.task, len(signature.classes))
        return answers_of(self.pipeline, frame(table, signature.kinds), signature)
