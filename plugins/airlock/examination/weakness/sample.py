"""A part of a subject, taken evenly, where all of its rows would take too long."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from airlock.examination.subject import Subject


def evenly(rows: int, most: int) -> np.ndarray:
    """Return at most `most` positions spread evenly over the rows, ascending.

    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    count = min(rows, most)
    return np.arange(count) * rows // max(count, 1)


def part_of(subject: Subject, most: int) -> Subject:
    """Return the subject over at most `most` of its rows, taken evenly."""
    places = evenly(len(subject), most)
    if len(places) == len(subject):
        return subject
    return replace(
        subject,
        rows=subject.rows.take(pa.array(places)),
        truth=subject.truth[places],
        answers=subject.answers.take(places),
    )
