"""Explaining: the fewest and simplest slices in which a model is more wrong than it expects."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from airlock.examination.weakness.conditions import Cut
from airlock.examination.weakness.contrasts import Contrasts, contrasts

#: How often one slice or more may be named where the model is in order: once in a hundred examinations.
FAMILY_WISE = 0.01
#: No more slices than these are named.
MOST = 10


@dataclass(frozen=True)
class Explained:
    """One slice that is named, among the rows that no slice before it holds.

    Attributes
    ----------
    looked
        All slices looked at among those rows, of which `place` is the one.
    """

    looked: Contrasts
    place: int


def explain(
    cut: Cut, loss: np.ndarray, excess: np.ndarray, *, least: int, material: float
) -> tuple[list[Explained], np.ndarray]:
    """Name the slice that is surest to be in excess, set its rows aside, and look again.

    Parameters
    ----------
    cut
        The conditions and their rows.
    loss, excess
        float64, one a row.
    least
        The fewest rows of a slice.
    material
        A slice whose excess is above 0, and above what it is elsewhere, by less than this is not worth
        naming, however sure it is.

    Returns
    -------
    tuple
        The slices in the order of their naming, and the rows that none of them holds (bool).
    """
    named: list[Explained] = []
    left: np.ndarray = np.ones(len(loss), dtype=bool)
    for one in _one_by_one(cut, loss, excess, left, least=least, material=material):
        named.append(one)
        left &= ~cut.members[:, one.looked.pairs[one.place]].all(axis=1)
    return named, left


def _one_by_one(
    cut: Cut, loss: np.ndarray, excess: np.ndarray, left: np.ndarray, *, least: int, material: float
) -> Iterator[Explained]:
    """Yield slices among the rows `left`, which whoever takes them changes in between."""
    for _ in range(MOST):
        rows = replace(cut, members=cut.members[left])
        looked = contrasts(rows, loss[left], excess[left], least)
        clear = (looked.p_values <= FAMILY_WISE) & (looked.above >= material)
        if not clear.any():
            return
        surest = int(np.argmax(np.where(clear, looked.t, -np.inf)))
        yield Explained(looked, _simplest(looked, surest, clear, least, material))


def _simplest(looked: Contrasts, place: int, clear: np.ndarray, least: int, material: float) -> int:
    """Return one of a slice's two conditions alone, where its other rows are in excess too, or too few."""
    best = place
    for condition in looked.pairs[place]:
        alone = np.flatnonzero((looked.pairs == condition).all(axis=1))
        if not len(alone) or alone[0] == place or not clear[alone[0]]:
            continue
        rest = looked.inside[alone[0]] - looked.inside[place]
        outside = looked.outside[alone[0]]
        bar = material + max(outside.excess / outside.rows, 0.0)
        wider = rest.rows < least or rest.excess / rest.rows >= bar
        if wider and (best == place or looked.t[alone[0]] > looked.t[best]):
            best = int(alone[0])
    return best
