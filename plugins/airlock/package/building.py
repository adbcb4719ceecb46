"""Building: a fitted candidate becomes a package, with all that watching, proving and trying it needs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airlock.digests import canonical_json, digest_of
from airlock.package.answers import Answers
from airlock.package.errors import PackageError
from airlock.package.examples import EXAMPLES, ROUNDING
from airlock.package.fitted import Fitted
from airlock.package.package import (
    BACKGROUND_FILE,
    BACKGROUND_ROWS,
    KIND,
    MODEL_FILE,
    PORTABLE_FILE,
    PREDICTION,
    SCORE,
    Package,
    evenly,
    open_package,
)
from airlock.package.portable import ALONE, equal_decisions, portable_of
from airlock.package.provenance import provenance_of
from airlock.package.saving import save
from airlock.package.signature import Signature
from airlock.package.trust import load_pipeline
from airlock.spec import ModelSpec
from airlock.store import Store
from airlock.usercode import PACKAGE

REFERENCE_ROWS = 5000


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
        _write(folder / BACKGROUND_FILE, _background(reference, fitted.signature))
        pq.write_table(_with_answers(reference, answers, fitted.signature), folder / "reference.parquet")
        portable, model = portable_of(fitted, holdout)
        _write(folder / "portable.json", portable.to_json())
        if model is not None:
            (folder / PORTABLE_FILE).write_bytes(model)
        _prove_the_same(fitted, folder, holdout.slice(0, REFERENCE_ROWS))
        _prove_the_same_alone(fitted, holdout)
        digest = store.keep(KIND, folder)
    return open_package(store, digest)


def _background(reference: pa.Table, signature: Signature) -> list[dict[str, Any]]:
    return reference.select(list(signature.kinds)).take(evenly(len(reference), BACKGROUND_ROWS)).to_pylist()


def _with_answers(reference: pa.Table, answers: Answers, signature: Signature) -> pa.Table:
    """Return at most `REFERENCE_ROWS` rows, evenly spread, so that all of time is in them."""
    taken = np.array(evenly(len(reference), REFERENCE_ROWS))
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
    some = np.array(evenly(len(rows), ALONE))
    for taken in (*some[:, None], *np.array_split(some, max(1, len(some) // 10))):
        fewer, same = fitted.answer(rows.take(taken)), whole.take(taken)
        decided = equal_decisions(fitted.signature, same, fewer) == 1.0
        if not (decided and np.allclose(fewer.scores, same.scores, atol=ROUNDING)):
            raise PackageError(
                f"{fitted.signature.model}: {fitted.name} answers {len(taken)} rows otherwise than the same "
                f"rows among {len(rows):,}, so what is measured on many is not what one person gets. Its "
                "estimator must answer each row by itself."
            )


def _write(path: Path, value: Any) -> None:
    path.write_bytes(canonical_json(value))
