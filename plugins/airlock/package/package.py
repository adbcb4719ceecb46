"""Package: everything a released model is, in one folder known by its digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airlock.digests import canonical_json, digest_of
from airlock.package.answers import Answers
from airlock.package.errors import PackageError
from airlock.package.fitted import Fitted
from airlock.package.portable import equal_decisions, portable_of
from airlock.package.provenance import provenance_of
from airlock.package.saving import MODEL_FILE, save
from airlock.package.signature import Signature
from airlock.package.trust import load_pipeline
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.usercode import PACKAGE

KIND = "packages"
PORTABLE_FILE = "model.onnx"
REFERENCE_ROWS = 5000
EXAMPLES = 5
#: So many rows are asked for alone, and what arithmetic in another order may add to a score.
ALONE, ROUNDING = 30, 1e-9
SCORE, PREDICTION = "score", "prediction"


@dataclass(frozen=True)
class Package:
    """A trained model whose every byte is proved by its digest."""

    digest: str
    folder: Path
    signature: Signature
    provenance: Mapping[str, Any]

    @property
    def model_file(self) -> Path:
        """The fitted pipeline, as a skops file."""
        return self.folder / MODEL_FILE

    @property
    def code(self) -> Path:
        """The folder that holds the model's own code, as `<model>/<file>.py`; absent where there is none."""
        return self.folder / "code" / PACKAGE

    @property
    def portable_file(self) -> Path:
        """The portable form; absent where it could not be proved equal, of which `portable` says why."""
        return self.folder / PORTABLE_FILE

    def portable(self) -> dict[str, Any]:
        """Return the proof of the portable form: `airlock.package.portable.Portable` as JSON."""
        return _read(self.folder / "portable.json")

    def profile(self) -> dict[str, Any]:
        """Return the profile of the reference rows, which drift is measured from."""
        return _read(self.folder / "reference.json")

    def examples(self) -> list[dict[str, Any]]:
        """Return rows of the hold-out with the answers to expect: features, score, prediction."""
        return _read(self.folder / "examples.json")

    def reference(self) -> pa.Table:
        """Return the reference rows: the features, with columns score and prediction."""
        return pq.read_table(self.folder / "reference.parquet")


def build(
    store: Store,
    fitted: Fitted,
    *,
    spec: ModelSpec,
    reference: pa.Table,
    answers: Answers,
    profile: Mapping[str, Any],
    holdout: pa.Table,
    snapshot_digest: str,
    code_version: str,
    models: Path,
) -> Package:
    """Save a fitted candidate with everything that watching, proving and trying it needs.

    Parameters
    ----------
    store
        Where the package is kept.
    fitted
        What training left.
    spec
        The spec it was trained by.
    reference
        The rows that production will be compared with.
    answers
        The fitted pipeline's answers on the reference rows.
    profile
        What `airlock.monitoring.profile` says of both.
    holdout
        Rows the candidate never saw: the portable form is proved on all of them, and the first few become
        the examples of the smoke test.
    snapshot_digest, code_version
        What it was made from.
    models
        The folder that holds the model's own folder.

    Raises
    ------
    PackageError
        When the pipeline holds types that may not be loaded, or answers otherwise once it is loaded again
        or asked for fewer rows.
    """
    provenance = provenance_of(
        fitted, spec, snapshot_digest=snapshot_digest, code_version=code_version, models=models
    )
    with store.staging() as folder:
        save(fitted, folder, models=models, identity=digest_of(provenance))
        _write(folder / "signature.json", fitted.signature.to_json())
        _write(folder / "provenance.json", provenance)
        _write(folder / "reference.json", profile)
        _write(folder / "examples.json", _examples(fitted, holdout.slice(0, EXAMPLES)))
        pq.write_table(_with_answers(reference, answers, fitted.signature), folder / "reference.parquet")
        portable, model = portable_of(fitted, holdout)
        _write(folder / "portable.json", portable.to_json())
        if model is not None:
            (folder / PORTABLE_FILE).write_bytes(model)
        _prove_the_same(fitted, folder, holdout.slice(0, REFERENCE_ROWS))
        _prove_the_same_alone(fitted, holdout)
        digest = store.keep(KIND, folder)
    return open_package(store, digest)


def open_package(store: Store, digest: str) -> Package:
    """Return a kept package, once its content is proved to be what its digest says.

    Raises
    ------
    StoreError
        When it is missing or was changed.
    """
    folder = store.folder(KIND, digest)
    signature = Signature.from_json(_read(folder / "signature.json"))
    return Package(digest, folder, signature, _read(folder / "provenance.json"))


def _with_answers(reference: pa.Table, answers: Answers, signature: Signature) -> pa.Table:
    """Return at most `REFERENCE_ROWS` rows, evenly spread, so that all of time is in them."""
    taken = _evenly(len(reference), REFERENCE_ROWS)
    rows = reference.select(list(signature.kinds)).take(taken).replace_schema_metadata(None)
    some = answers.take(taken)
    return rows.append_column(SCORE, pa.array(some.scores)).append_column(
        PREDICTION, pa.array(some.predictions)
    )


def _examples(fitted: Fitted, rows: pa.Table) -> list[dict[str, Any]]:
    answers = fitted.answer(rows)
    given = rows.select(list(fitted.signature.kinds)).to_pylist()
    return [
        {"features": row, "score": float(score), "prediction": prediction}
        for row, score, prediction in zip(given, answers.scores, answers.predictions, strict=True)
    ]


def _prove_the_same(fitted: Fitted, folder: Path, rows: pa.Table) -> None:
    signature = fitted.signature
    loaded = load_pipeline(folder / MODEL_FILE, signature.model, folder / "code" / PACKAGE)
    before, again = fitted.answer(rows), replace(fitted, pipeline=loaded).answer(rows)
    if again.predictions != before.predictions or not np.array_equal(again.scores, before.scores):
        raise PackageError(
            f"{signature.model}: {fitted.name} answers otherwise once it is loaded again, so what would be "
            "approved is not what was tested. Its estimator keeps something that is not stored with it."
        )


def _prove_the_same_alone(fitted: Fitted, rows: pa.Table) -> None:
    """Ask for some rows one by one and in tens: production does, while a hold-out is asked for at once."""
    whole = fitted.answer(rows)
    some = _evenly(len(rows), ALONE)
    for taken in (*some[:, None], *np.array_split(some, max(1, len(some) // 10))):
        fewer, same = fitted.answer(rows.take(taken)), whole.take(taken)
        decided = equal_decisions(fitted.signature, same, fewer) == 1.0
        if not (decided and np.allclose(fewer.scores, same.scores, atol=ROUNDING)):
            raise PackageError(
                f"{fitted.signature.model}: {fitted.name} answers {len(taken)} rows otherwise than the same "
                f"rows among {len(rows):,}, so what is measured on many is not what one person gets. Its "
                "estimator must answer each row by itself."
            )


def _evenly(rows: int, most: int) -> np.ndarray:
    """Return at most `most` positions from the first row to the last, ascending."""
    return np.unique(np.linspace(0, rows - 1, min(most, rows)).astype(np.int64))


def _write(path: Path, value: Any) -> None:
    path.write_bytes(canonical_json(value))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
