"""Asking a model about a table of rows, in the form that suits what answers."""

import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.answers import Answering, Answers
from airlock.package.frame import columns_of
from airlock.package.inputs import Dictionary, Values
from airlock.package.scorer import Scorer
from airlock.spec.columns import Kind


def ask(answering: Answering, rows: pa.Table) -> Answers:
    """Return the answers to rows of canonical types; categories go to a portable form as dictionaries."""
    kinds = answering.signature.kinds
    if not isinstance(answering, Scorer):
        return answering.predict_columns(columns_of(rows, kinds))
    plain = {name: kind for name, kind in kinds.items() if kind is not Kind.CATEGORY}
    columns: dict[str, Values] = {**columns_of(rows, plain)}
    columns |= {name: _dictionary(rows[name]) for name in kinds if name not in plain}
    return answering.predict_columns(columns)


def _dictionary(column: pa.ChunkedArray) -> Dictionary:
    coded = column.combine_chunks().dictionary_encode()
    places = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    return Dictionary(places, coded.dictionary.to_pylist())
