"""Asking a model about a table of rows, in the form that suits what answers."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.answers import Answering, Answers
from airlock.package.frame import columns_of
from airlock.package.inputs import Dictionary, Values
from airlock.package.scorer import Scorer
from airlock.spec.columns import Kind


def ask(answering: Answering, rows: pa.Table) -> Answers:
    """Return the answers to rows of canonical types whose categories are dictionaries."""
    kinds = answering.signature.kinds
    if not isinstance(answering, Scorer):
        return answering.predict_columns(columns_of(rows, kinds))
    plain = {name: kind for name, kind in kinds.items() if kind is not Kind.CATEGORY}
    columns: dict[str, Values] = {**columns_of(rows, plain)}
    columns |= {name: _dictionary(rows[name].combine_chunks()) for name in kinds if name not in plain}
    return answering.predict_columns(columns)


def with_dictionaries(rows: pa.Table, names: Iterable[str]) -> pa.Table:
    """Return rows in which these texts are dictionaries of their own words, in the order in which they come.

    >>> rows = pa.table({"home": pa.array(["rent", "own", "rent"]).dictionary_encode()}).slice(1)
    >>> with_dictionaries(rows, ["home"])["home"].combine_chunks().dictionary.to_pylist()
    ['own', 'rent']
    """
    columns = {name: rows[name] for name in rows.column_names}
    return pa.table(columns | {name: _in_order(columns[name].combine_chunks()) for name in names})


def _in_order(texts: pa.Array) -> pa.DictionaryArray:
    if not isinstance(texts, pa.DictionaryArray):
        return texts.dictionary_encode()
    again = texts.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices, texts.dictionary.take(again.dictionary))


def _dictionary(words: pa.DictionaryArray) -> Dictionary:
    places = pc.fill_null(words.indices, -1).to_numpy(zero_copy_only=False)
    return Dictionary(places, words.dictionary.to_pylist())
