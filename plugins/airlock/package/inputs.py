"""Inputs: how the values of a row reach an ONNX model, of which there are two kinds.

A coded model takes one matrix of numbers in which a category is its code; its metadata says the codes. A
named model takes each feature by its name, categories as text: what a preparation of another kind becomes,
and what packages older than the codes have.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from airlock.package.signature import MISSING_CATEGORY, Signature
from airlock.spec.columns import Kind

#: The one input of a coded model, and the key of its metadata that says what its columns are.
MATRIX, COLUMNS = "rows", "columns"


@dataclass(frozen=True)
class Dictionary:
    """A column of categories as Arrow's dictionaries have it.

    Attributes
    ----------
    places
        Whole numbers, one a row: the place of its word, -1 where it is missing.
    words
        Each once.
    """

    places: np.ndarray
    words: Sequence[str]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, part: slice) -> "Dictionary":
        return Dictionary(self.places[part], self.words)


Values = np.ndarray | Dictionary
Feed = dict[str, np.ndarray]


@dataclass(frozen=True)
class Column:
    """One column of a coded model's matrix.

    Attributes
    ----------
    feature
        Which one is in it.
    words
        For a category: those whose code is their place here. None for a number.
    unseen
        The code of every other word.
    """

    feature: str
    words: tuple[str, ...] | None = None
    unseen: float = math.nan

    def codes(self) -> "Codes | None":
        """Return the codes of a category; None for a number."""
        return None if self.words is None else Codes(self.words, self.unseen)


class Codes(dict[str | None, float]):
    """The code of every word, seen or not, and of a missing one under None.

    >>> codes = Codes(("", "own", "rent"), -1.0)
    >>> codes["rent"], codes["castle"], codes[None]
    (2.0, -1.0, 0.0)
    """

    def __init__(self, words: Sequence[str], unseen: float) -> None:
        super().__init__((word, float(place)) for place, word in enumerate(words))
        self.unseen = unseen
        self[None] = self[MISSING_CATEGORY]

    def __missing__(self, word: str | None) -> float:
        return self.unseen


def columns_to_json(columns: Sequence[Column]) -> str:
    """Return what `columns_from_json` reads."""
    return json.dumps(
        [
            [column.feature, column.words, None if math.isnan(column.unseen) else column.unseen]
            for column in columns
        ]
    )


def columns_from_json(text: str) -> tuple[Column, ...]:
    """Return the columns of a coded model's matrix.

    >>> columns_from_json(columns_to_json([Column("debt"), Column("housing", ("own", "rent"), -1.0)]))[1]
    Column(feature='housing', words=('own', 'rent'), unseen=-1.0)
    """
    return tuple(
        Column(
            feature, None if words is None else tuple(words), math.nan if unseen is None else float(unseen)
        )
        for feature, words, unseen in json.loads(text)
    )


class Inputs(Protocol):
    """What makes the inputs of an ONNX model."""

    def of_rows(self, rows: Sequence[Mapping[str, Any]]) -> Feed:
        """Return the inputs for rows of plain JSON values."""

    def of_columns(self, columns: Mapping[str, Values], part: slice) -> Feed:
        """Return the inputs for some of the rows that columns hold."""


class Coded:
    """The input of a coded model; float64, for the model itself narrows numbers where it has to."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = [(column.feature, column.codes()) for column in columns]

    def of_rows(self, rows: Sequence[Mapping[str, Any]]) -> Feed:
        """Return the matrix of rows; None becomes NaN in a number."""
        columns = self.columns
        matrix = [
            [row[name] if codes is None else codes[row[name]] for name, codes in columns] for row in rows
        ]
        return {MATRIX: np.array(matrix, dtype=np.float64)}

    def of_columns(self, columns: Mapping[str, Values], part: slice) -> Feed:
        """Return the matrix of columns."""
        rows = len(range(part.stop)[part])
        matrix = np.empty((rows, len(self.columns)))
        for place, (name, codes) in enumerate(self.columns):
            values = columns[name][part]
            if codes is None:
                matrix[:, place] = values
            elif isinstance(values, Dictionary):
                # -1, for what is missing, is the last.
                table = np.array([codes[word] for word in (*values.words, None)])
                matrix[:, place] = table[values.places]
            else:
                matrix[:, place] = list(map(codes.__getitem__, values.tolist()))
        return {MATRIX: matrix}


class Named:
    """The inputs of a named model: shape (rows, 1) for each feature."""

    def __init__(self, signature: Signature) -> None:
        self.features = signature.features

    def of_rows(self, rows: Sequence[Mapping[str, Any]]) -> Feed:
        """Return a column for each feature."""
        return {one.name: _as_column([row[one.name] for row in rows], one.kind) for one in self.features}

    def of_columns(self, columns: Mapping[str, Values], part: slice) -> Feed:
        """Return a column for each feature."""
        return {one.name: _spelled(columns[one.name][part]).reshape(-1, 1) for one in self.features}


def _as_column(values: Sequence[Any], kind: Kind) -> np.ndarray:
    if kind is Kind.CATEGORY:
        values = [MISSING_CATEGORY if value is None else value for value in values]
    return np.array(values, dtype=object if kind is Kind.CATEGORY else np.float64).reshape(-1, 1)


def _spelled(values: Values) -> np.ndarray:
    if isinstance(values, np.ndarray):
        return values
    return np.array([*values.words, MISSING_CATEGORY], dtype=object)[values.places]
