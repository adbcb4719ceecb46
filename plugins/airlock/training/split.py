"""Which rows are held out: never seen by any candidate, and the same for every one of them."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.spec import ModelSpec, Problem
from airlock.training.errors import SplitError

SPAN = 2**64


@dataclass(frozen=True)
class Split:
    """Positions of the rows for training and of those held out, ascending."""

    train: np.ndarray
    holdout: np.ndarray


def split(table: pa.Table, spec: ModelSpec) -> Split:
    """Hold out the newest rows by event time, or a random share, as the spec says.

    Rows of one moment stay together in a split by time. A random split depends on nothing but the seed and
    the row's own key, so that a row is held out in every training or in none: a champion trained earlier
    never saw the rows it is compared on.

    Raises
    ------
    SplitError
        When either part would be empty.
    """
    held = _newest(table, spec) if spec.training.split.by == "time" else _by_hash(table, spec)
    found = Split(np.flatnonzero(~held), np.flatnonzero(held))
    if len(found.train) == 0 or len(found.holdout) == 0:
        wrong = f"leaves {len(found.train)} rows to train on and {len(found.holdout)} to hold out."
        cure = "Use more data, another holdout, or another way to split."
        raise SplitError(f"{spec.name}/model.yaml: {Problem('training.split', wrong, cure)}")
    return found


def held_out(seed: int, key: str, share: float) -> bool:
    """Say whether a random split holds out the row with this key.

    >>> [held_out(0, key, 0.5) for key in ("a", "b", "c", "d")]
    [False, True, True, False]
    """
    number = int.from_bytes(blake2b(f"{seed}:{key}".encode(), digest_size=8).digest(), "big")
    return number < share * SPAN


def _by_hash(table: pa.Table, spec: ModelSpec) -> np.ndarray:
    share, seed = spec.training.split.holdout, spec.training.seed
    keys = table[spec.data.entity_key].to_pylist()
    return np.fromiter((held_out(seed, str(key), share) for key in keys), dtype=bool, count=len(keys))


def _newest(table: pa.Table, spec: ModelSpec) -> np.ndarray:
    moments = pc.cast(table[spec.data.event_time], pa.int64()).to_numpy()
    if len(moments) == 0:
        return np.zeros(0, dtype=bool)
    first = int(len(moments) * (1 - spec.training.split.holdout))
    return moments >= np.sort(moments)[first]
