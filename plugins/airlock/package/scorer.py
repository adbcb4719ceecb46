"""Scorer: a package's portable form, which answers plain rows and plain arrays without any DataFrame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime

from airlock.package.answers import Answer, Answers, answers_from, each_answer
from airlock.package.inputs import COLUMNS, Coded, Inputs, Named, Values, columns_from_json
from airlock.package.package import Package
from airlock.package.signature import Signature

#: The matrix of so many rows stays in a core's own memory.
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Scorer:
    """A loaded ONNX model; it can be asked from several threads at once."""

    signature: Signature
    inputs: Inputs
    session: onnxruntime.InferenceSession
    output: str

    @classmethod
    def load(cls, package: Package, *, threads: int = 1) -> "Scorer":
        """Load a package's portable form.

        Parameters
        ----------
        package
            One that has a portable form (`Package.is_portable`).
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
        # A core that has nothing to do is left to others.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        columns = session.get_modelmeta().custom_metadata_map.get(COLUMNS)
        inputs = Named(signature) if columns is None else Coded(columns_from_json(columns))
        return cls(signature, inputs, session, session.get_outputs()[-1].name)

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer rows that hold every feature (`Signature.problems` finds what is wrong with a row)."""
        if not rows:
            return []
        return each_answer(self._run(self.inputs.of_rows(rows)), self.signature)

    def predict_columns(self, columns: Mapping[str, Values]) -> Answers:
        """Answer every row of columns of equal length, some thousands at once.

        Parameters
        ----------
        columns
            By feature, shape (n,): float64 with NaN where missing for numbers and booleans; for categories
            objects that are text, `MISSING_CATEGORY` where missing, or, faster, a `Dictionary`.

        Raises
        ------
        ValueError
            When they are not of equal length.
        """
        signature = self.signature
        lengths = {len(columns[name]) for name in signature.kinds}
        if len(lengths) != 1:
            raise ValueError(f"{signature.model}: the columns have different lengths: {sorted(lengths)}.")
        (rows,) = lengths
        if rows == 0:
            return Answers.of_no_rows(signature.task, len(signature.classes))
        parts = (slice(start, min(rows, start + ROWS_AT_ONCE)) for start in range(0, rows, ROWS_AT_ONCE))
        said = [self._run(self.inputs.of_columns(columns, part)) for part in parts]
        return answers_from(np.concatenate(said).astype(np.float64), signature)

    def _run(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        return self.session.run([self.output], feed)[0]
