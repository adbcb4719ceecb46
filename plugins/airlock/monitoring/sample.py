"""A bounded sample of a night in which every kind of row has the share that it has in the night."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.monitoring.tally import SCORE
from airlock.spec.columns import Kind

#: Which rows are taken is drawn, and drawn alike each time.
SEED = 20_260_601
KEY, STRATUM = "airlock key", "airlock stratum"


def stratified(
    chunks: Iterable[pa.Table], reference: Mapping[str, Any], most: int
) -> tuple[pa.Table | None, int]:
    """Return at most `most` rows of a night, and how many rows the night has.

    The strata are the bins of the score in training, each once for rows whose features are whole and known
    and once for rows with a value that is missing or that training never had. A stratum's share of the
    sample is its share of the night to within a row (largest remainders); within a stratum chance decides,
    the same way each time. The night is read once, and at most `most` rows a stratum are held.

    Parameters
    ----------
    chunks
        The night's rows in pieces of any size, with the features and `score`; None is returned for none.
    reference
        What `airlock.monitoring.profile.profile` wrote at training.

    References
    ----------
    Cochran: Sampling Techniques, Wiley 1977, chapter 5 (proportional allocation).
    """
    chance = np.random.default_rng(SEED)
    held: pa.Table | None = None
    counts: np.ndarray = np.zeros(_number_of_strata(reference), dtype=np.int64)
    limits: np.ndarray = np.ones(len(counts))
    for chunk in map(_plain, chunks):
        if not len(chunk):
            continue
        strata, keys = _strata(chunk, reference), chance.random(len(chunk))
        counts += np.bincount(strata, minlength=len(counts))
        drawn = chunk.append_column(KEY, pa.array(keys)).append_column(STRATUM, pa.array(strata))
        drawn = drawn.filter(pa.array(keys < limits[strata]))
        held = _first(drawn if held is None else pa.concat_tables([held, drawn]), np.full(len(counts), most))
        limits = _limits(held, len(counts), most)
    if held is None:
        return None, 0
    return _first(held, _quotas(counts, most)).drop_columns([KEY, STRATUM]), int(counts.sum())


def _plain(chunk: pa.Table) -> pa.Table:
    """Return rows whose texts are texts: dictionaries of two pieces do not go together."""
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in chunk.schema
    ]
    return chunk.cast(pa.schema(fields))


def _number_of_strata(reference: Mapping[str, Any]) -> int:
    return 2 * (len(_edges(reference)) + 1)


def _edges(reference: Mapping[str, Any]) -> np.ndarray:
    score = reference.get(SCORE)
    return np.array(score["edges"] if score else [], dtype=np.float64)


def _strata(chunk: pa.Table, reference: Mapping[str, Any]) -> np.ndarray:
    """Return each row's stratum: twice the bin of its score, and one more where a value is odd."""
    scores = pc.fill_null(chunk[SCORE].cast(pa.float64()), np.nan).to_numpy()
    odd: np.ndarray = np.zeros(len(chunk), dtype=bool)
    for name, column in reference["features"].items():
        if name in chunk.column_names:
            odd |= _odd(chunk[name], column)
    return 2 * np.searchsorted(_edges(reference), scores, side="left") + odd


def _odd(column: pa.ChunkedArray, profile: Mapping[str, Any]) -> np.ndarray:
    """Say which values are missing, or are categories that training never had."""
    odd: np.ndarray = column.is_null().to_numpy()
    if profile["kind"] != Kind.NUMBER and not profile["other"]:
        known = pa.array(list(profile["values"]), pa.string())
        odd = odd | pc.invert(pc.is_in(column.cast(pa.string()), value_set=known)).to_numpy()
    return odd


def _first(rows: pa.Table, most: np.ndarray) -> pa.Table:
    """Return of each stratum the rows with the smallest keys, as many as `most` says of it."""
    keys, strata = rows[KEY].to_numpy(), rows[STRATUM].to_numpy()
    order = np.lexsort((keys, strata))
    sizes = np.bincount(strata, minlength=len(most))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rows.take(np.sort(order[rank < most[strata[order]]]))


def _limits(held: pa.Table, strata: int, most: int) -> np.ndarray:
    """Return the key that a row must stay under to be among the first of its stratum; 1 while it fills."""
    largest: np.ndarray = np.zeros(strata)
    np.maximum.at(largest, held[STRATUM].to_numpy(), held[KEY].to_numpy())
    full = np.bincount(held[STRATUM].to_numpy(), minlength=strata) >= most
    return np.where(full, largest, 1.0)


def _quotas(counts: np.ndarray, most: int) -> np.ndarray:
    """Return how many rows each stratum sends, by largest remainders.

    >>> _quotas(np.array([700, 299, 1]), 10).tolist(), _quotas(np.array([2, 1]), 10).tolist()
    ([7, 3, 0], [2, 1])
    """
    if counts.sum() <= most:
        return counts
    exact = counts * most / counts.sum()
    whole = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: most - whole.sum()]] += 1
    return whole
