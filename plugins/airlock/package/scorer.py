"""Scorer: a package's portable form, which answers plain rows and plain arrays without any DataFrame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from airlock.package.answers import Answer, Answers, answers_from, each_answer
from airlock.package.errors import PackageError
from airlock.package.inputs import COLUMNS, Coded, Inputs, Named, Values, columns_from_json
from airlock.package.package import Package
from airlock.package.signature import Signature

FATAL = 4
RUN_ERRORS = (errors.Fail, errors.InvalidArgument, errors.RuntimeException)
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

        Raises
        ------
        PackageError
            When the portable form cannot be read.
        """
        return cls.of(package.portable_file.read_bytes(), package.signature, threads=threads)

    @classmethod
    def of(cls, model: bytes, signature: Signature, *, threads: int = 1) -> "Scorer":
        """Return what answers with an ONNX model that `airlock.package.portable.convert` made."""
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        settings.log_severity_level = FATAL  # every error is raised, and a log must hold no values
        # A core that has nothing to do is left to others.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has many, without a common base
            raise PackageError(
                f"the portable form of {signature.model} cannot be loaded: {error}. It was made by other "
                "library versions: compare provenance.json with what is installed, or train again."
            ) from error
        columns = session.get_modelmeta().custom_metadata_map.get(COLUMNS)
        inputs = Named(signature) if columns is None else Coded(columns_from_json(columns))
        return cls(signature, inputs, session, session.get_outputs()[-1].name)

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Answer rows that hold every feature (`Signature.problems` finds what is wrong with a row).

        Raises
        ------
        ValueError
            When the model cannot score their values.
        """
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
            When they are not of equal length, or the model cannot score their values.
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
        try:
            return self.session.run([self.output], feed)[0]
        except RUN_ERRORS:  # whose message may hold a value of the row
            raise ValueError(f"{self.signature.model} cannot score these values.") from None
