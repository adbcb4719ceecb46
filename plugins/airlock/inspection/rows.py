"""Rows: a table beside its spec, with what several checks read of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.examination.fairness.groups import Grouping, groupings
from airlock.package.labels import label_of, truth_of
from airlock.spec import ModelSpec, Task


@dataclass(frozen=True)
class Rows:
    """The rows of a snapshot, and the spec that says what they are for."""

    spec: ModelSpec
    table: pa.Table

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def truth(self) -> np.ndarray:
        """What happened, one value a row: labels, or float64 numbers for a regression."""
        return truth_of(self.table, self.spec.data.target, self.spec.task)

    @cached_property
    def outcomes(self) -> dict[str, np.ndarray]:
        """What groups may differ in, float64: whether each class happened, or the standardised target.

        A binary task has its positive class only; of a regression's target, the key is the empty text.
        """
        if self.spec.task is Task.REGRESSION:
            spread = self.truth.std()
            return {"": (self.truth - self.truth.mean()) / (spread if spread > 0 else 1.0)}
        classes = np.unique(self.truth) if self.spec.task is Task.MULTICLASS else [self.positive]
        return {str(label): (self.truth == label).astype(np.float64) for label in classes}

    @property
    def positive(self) -> str:
        """Binary only: the label that counts as yes."""
        return label_of(self.spec.data.positive)

    @cached_property
    def groupings(self) -> tuple[Grouping, ...]:
        """The groups of every protected column."""
        return groupings(self.spec, self.table)

    @cached_property
    def subjects(self) -> np.ndarray | None:
        """Which rows are about one person, int64; None where the spec does not say."""
        if self.spec.data.subject_key is None:
            return None
        keys = (
            self.table[self.spec.data.subject_key].combine_chunks().dictionary_encode(null_encoding="encode")
        )
        return keys.indices.to_numpy(zero_copy_only=False).astype(np.int64)

    @property
    def said(self) -> tuple[str, ...]:
        """The columns that say something of a row: features and protected ones."""
        return tuple(dict.fromkeys((*self.spec.data.features, *self.spec.data.protected)))

    def stated(self, name: str) -> pa.Array:
        """Return a column's values without those that are missing; an empty text is missing too."""
        values = self.table[name].combine_chunks().drop_null()
        return values.filter(pc.not_equal(values, "")) if pa.types.is_string(values.type) else values
