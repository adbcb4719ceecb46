"""Explaining: the fewest and simplest slices in which a model is more wrong than it expects."""

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
    while len(named) < MOST:
        there = replace(cut, members=cut.members[left])
        looked = contrasts(there, loss[left], excess[left], least)
        clear = (looked.p_values <= FAMILY_WISE) & (looked.above >= material)
        if not clear.any():
            break
        surest = int(np.argmax(np.where(clear, looked.t, -np.inf)))
        place = _simplest(looked, surest, clear, least, material)
        named.append(Explained(looked, place))
        left &= ~cut.members[:, looked.pairs[place]].all(axis=1)
    return named, left


def _simplest(looked: Contrasts, place: int, clear: np.ndarray, least: int, material: float) -> int:
    """Return one of a slice's two conditions alone, where its other rows are in excess too, or too few."""
    simpler = [
        wider
        for wider in looked.alone[looked.pairs[place]].tolist()
        if wider not in (-1, place) and clear[wider] and _shares(looked, wider, place, least, material)
    ]
    return max(simpler, key=lambda wider: float(looked.t[wider]), default=place)


def _shares(looked: Contrasts, wider: int, place: int, least: int, material: float) -> bool:
    rest = looked.inside[wider] - looked.inside[place]
    bar = material + max(float(looked.outside[wider].mean_excess), 0.0)
    return bool(rest.rows < least or rest.mean_excess >= bar)
