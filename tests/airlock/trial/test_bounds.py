"""Bounds hold however often one looks, and say something all the same."""

import math

import numpy as np
import pytest

from airlock.trial.bounds import evidence_above, radius

WORLDS, ROWS = 400, 600


def test_looking_after_every_row_rarely_finds_failures_too_many_where_they_are_not() -> None:
    failed = np.random.default_rng(1).random((WORLDS, ROWS)) < 0.02
    hits = failed.cumsum(axis=1)
    wrong = sum(
        any(
            evidence_above(0.02, hits=int(hits[world, row]), rows=row + 1) >= 20
            for row in _places(failed[world])
        )
        for world in range(WORLDS)
    )
    assert wrong / WORLDS <= 0.05


def test_too_many_failures_are_found_soon() -> None:
    failed = np.random.default_rng(2).random((WORLDS, 200)) < 0.15
    hits = failed.cumsum(axis=1)
    found = [
        any(
            evidence_above(0.02, hits=int(hits[world, row]), rows=row + 1) >= 20
            for row in _places(failed[world])
        )
        for world in range(WORLDS)
    ]
    assert np.mean(found) > 0.99


def test_a_mean_lies_within_its_radius_at_every_look() -> None:
    values = np.random.default_rng(3).exponential(size=(WORLDS, ROWS))
    rows = np.arange(1, ROWS + 1)
    means = values.cumsum(axis=1) / rows
    variances = (values**2).cumsum(axis=1) / rows - means**2
    outside = 0
    for world in range(WORLDS):
        outside += any(
            abs(means[world, row] - 1)
            > radius(variances[world, row] / (row + 1), row + 1, error=0.1, around=200)
            for row in range(50, ROWS)
        )
    assert outside / WORLDS <= 0.1


def test_a_radius_is_tightest_where_it_was_asked_to_be() -> None:
    def width(around: int) -> float:
        return radius(1 / 500, 500, error=0.05, around=around)

    assert width(500) == pytest.approx(min(width(around) for around in range(100, 3000, 50)), rel=0.002)
    assert width(500) > 1.96 / math.sqrt(500), "looking often has its price"


def test_without_rows_or_variance_nothing_is_known() -> None:
    assert math.isnan(radius(math.nan, 10, error=0.05, around=100))
    assert math.isnan(radius(0.1, 0, error=0.05, around=100))
    assert evidence_above(0.01, hits=0, rows=0) == pytest.approx(1)


def test_no_failure_allowed_is_certain_at_the_first_and_never_before() -> None:
    assert evidence_above(0.0, hits=1, rows=10_000) == math.inf
    assert evidence_above(0.0, hits=0, rows=10_000) < 1


@pytest.mark.parametrize("hits, rows", [(10_000, 10_000), (0, 1_000_000), (1000, 1_000_000)])
def test_large_counts_stay_numbers(hits: int, rows: int) -> None:
    assert not math.isnan(evidence_above(0.01, hits=hits, rows=rows))


def _places(failed: np.ndarray) -> np.ndarray:
    """Return where evidence can rise: at the failures."""
    return np.flatnonzero(failed)
