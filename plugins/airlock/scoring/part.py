"""A part of a night: its rows, answered as they stream, in one folder of the evidence store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airlock.data.errors import DataError
from airlock.data.kinds import WORDS
from airlock.digests import canonical_json
from airlock.governance.batch_answers import ANSWERS, KIND, MANIFEST, OWN
from airlock.governance.prediction_table import ROWS_AT_ONCE
from airlock.package.answers import Answering
from airlock.scoring.ahead import ahead
from airlock.scoring.asking import ask, with_dictionaries
from airlock.scoring.chunks import in_chunks
from airlock.scoring.doubles import Fingerprints, doubles
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind
from airlock.store import Store

NAMED = 3


class ScoringError(Exception):
    """A model cannot answer the rows of a night."""


@dataclass(frozen=True)
class AnsweredPart:
    """The digest of a part's answers in the evidence store, and how many rows they are."""

    digest: str
    rows: int


def answer_part(
    store: Store,
    spec: ModelSpec,
    answering: Answering,
    batches: Iterable[pa.RecordBatch],
    about: Mapping[str, Any],
) -> AnsweredPart:
    """Answer rows and keep them with their answers; a few thousand rows are in memory at a time.

    Reading, answering and writing go on beside one another.

    Parameters
    ----------
    answering
        The proved form of the version that answers.
    batches
        The rows as `airlock.data.read.stream` yields them.
    about
        What the manifest says of them: model, version, night and part. It is a part of the digest.

    Raises
    ------
    DataError
        When the source cannot be used, or gives an entity more than once.
    ScoringError
        When a score is no finite number, or a feature is called like a column of the answers.
    """
    schema = _schema(answering)
    seen, rows = Fingerprints(), 0
    with store.staging() as folder:
        with _writer(folder / ANSWERS, schema) as writer:
            for table in ahead(_answered(spec, answering, ahead(in_chunks(batches, ROWS_AT_ONCE)), schema)):
                seen.add(table["entity_key"])
                writer.write_table(table, ROWS_AT_ONCE)
                rows += len(table)
        refuse_doubles(spec, doubles([folder / ANSWERS], "entity_key", seen.repeated()))
        (folder / MANIFEST).write_bytes(canonical_json({**about, "rows": rows}))
        return AnsweredPart(store.keep(KIND, folder), rows)


def refuse_doubles(spec: ModelSpec, keys: list[str]) -> None:
    """Refuse a night in which an entity comes more than once.

    Raises
    ------
    DataError
        When there are such keys; names the first of them.
    """
    if keys:
        wrong = (
            f"the night gives {len(keys):,} values of {spec.data.entity_key!r} more than once: "
            f"{', '.join(keys[:NAMED])}."
        )
        cure = "Give one row for each (a join may double them), or name the column that is unique."
        raise DataError(spec.name, "data.entity_key", wrong, cure)


def _answered(
    spec: ModelSpec, answering: Answering, tables: Iterable[pa.Table], schema: pa.Schema
) -> Iterator[pa.Table]:
    key, moment = spec.data.entity_key, spec.data.event_time
    kinds = answering.signature.kinds
    for plain in tables:
        rows = with_dictionaries(plain, [name for name, kind in kinds.items() if kind is Kind.CATEGORY])
        answers = ask(answering, rows)
        finite = np.isfinite(answers.scores)
        if not finite.all():
            place = int(finite.argmin())
            raise ScoringError(
                f"{spec.name} answers the row of {key} {rows[key][place].as_py()!r} with the score "
                f"{answers.scores[place]}, which is no finite number. Nothing of this part was kept: release "
                "a version that can answer it, or mend the row."
            )
        own = [rows[key], rows[moment], pa.array(answers.scores), pa.array(answers.predictions, pa.string())]
        features = [rows[name] for name in kinds]
        yield pa.table([*own, *features], schema=schema)


def _schema(answering: Answering) -> pa.Schema:
    types = {Kind.NUMBER: pa.float64(), Kind.BOOLEAN: pa.bool_(), Kind.CATEGORY: WORDS}
    kinds = answering.signature.kinds
    if doubled := [name for name in OWN if name in kinds]:
        raise ScoringError(
            f"{doubled[0]}: a feature of {answering.signature.model} has a name that the answers use. "
            "Rename it."
        )
    own = zip(OWN, (pa.string(), pa.timestamp("us", "UTC"), pa.float64(), pa.string()), strict=True)
    return pa.schema([*own, *((name, types[kind]) for name, kind in kinds.items())])


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer that packs words as dictionaries, and numbers, of which few are alike, as they are.

    The file has texts, not dictionaries of them, for who reads it.
    """
    words = ["prediction", *(field.name for field in schema if field.type == WORDS)]
    numbers = {field.name for field in schema if field.type == pa.float64()}
    return pq.ParquetWriter(
        path,
        schema,
        compression={name: "none" if name in numbers else "lz4" for name in schema.names},
        use_dictionary=words,
        store_schema=False,
        write_statistics=["entity_key", "event_time"],
    )
