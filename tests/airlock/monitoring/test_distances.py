"""Distances from bins, held against the same of the values themselves, as others compute it."""

import warnings
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from airlock.monitoring.counts import count_numbers, quantile_edges
from airlock.monitoring.distances import joined, kolmogorov_smirnov, psi, quantiles, wasserstein
from airlock.monitoring.drift import ColumnDrift, answered, measure
from airlock.monitoring.profile import profile
from tests.airlock.monitoring.worlds import FEATURES, answers, table

LAWS = {
    "a shift": lambda random: (random.normal(0, 1, 8000), random.normal(0.4, 1, 3000)),
    "another scale": lambda random: (random.normal(0, 1, 8000), random.normal(0, 1.6, 3000)),
    "a long tail": lambda random: (random.lognormal(8, 0.7, 8000), random.lognormal(8.3, 0.9, 3000)),
    "whole numbers": lambda random: (random.poisson(1.5, 8000), random.poisson(2.2, 3000)),
    "two humps": lambda random: (
        random.normal(0, 1, 8000),
        np.append(random.normal(-2, 0.5, 1400), random.normal(2, 0.5, 1600)),
    ),
    "nothing": lambda random: (random.gamma(2, 1, 8000), random.gamma(2, 1, 3000)),
    "cents": lambda random: (random.gamma(2, 1, 8000), 100 * random.gamma(2, 1, 3000)),
}


@dataclass(frozen=True)
class Pair:
    """Two samples, and their counts in bins of the first."""

    before: np.ndarray
    now: np.ndarray

    def __post_init__(self) -> None:
        edges = quantile_edges(self.before)
        counts = (count_numbers([pa.array(values)], edges) for values in (self.before, self.now))
        for name, value in zip(("edges", "was", "is_now"), (edges, *counts), strict=False):
            object.__setattr__(self, name, value)


@pytest.fixture(params=LAWS, ids=str)
def pair(request: pytest.FixtureRequest) -> Pair:
    before, now = LAWS[request.param](np.random.default_rng(5))
    return Pair(before.astype(np.float64), now.astype(np.float64))


def test_kolmogorov_smirnov_falls_short_by_no_more_than_the_largest_bin(pair: Pair) -> None:
    exact = stats.ks_2samp(pair.before, pair.now).statistic
    found = kolmogorov_smirnov(pair.was.bins, pair.is_now.bins)
    largest = max((counts.bins / counts.bins.sum()).max() for counts in (pair.was, pair.is_now))
    assert exact - largest <= found <= exact + 1e-12


def test_wasserstein_is_exact_but_where_the_curves_cross_in_a_bin(pair: Pair) -> None:
    exact = stats.wasserstein_distance(pair.before, pair.now)
    was, now = pair.was, pair.is_now
    found = wasserstein(pair.edges, (was.bins, was.sums), (now.bins, now.sums), origin=was.origin)
    # Curves that cross in a bin are no farther apart there than a bin's share, over the bin's width. In
    # standard deviations that is little where bins are narrow; only outer bins are wide.
    assert exact - 0.02 * pair.before.std() <= found <= exact * (1 + 1e-9)


def test_quantiles_lie_in_the_bin_that_holds_them(pair: Pair) -> None:
    shares = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    now = pair.is_now
    found = quantiles(pair.edges, now.bins, shares, least=now.minimum, most=now.maximum)
    exact = np.quantile(pair.now, shares, method="inverted_cdf")
    places = [np.searchsorted(pair.edges, values, side="left") for values in (found, exact)]
    assert np.abs(places[0] - places[1]).max() <= 1
    assert (np.diff(found) >= 0).all() and now.minimum <= found[0] and found[-1] <= now.maximum


def test_few_rows_join_bins_and_many_do_not() -> None:
    reference = np.full(20, 250)
    assert len(joined(reference, np.full(20, 5), ordinary=20)[0]) == 10
    assert len(joined(reference, np.full(20, 5000), ordinary=20)[0]) == 20


def test_a_column_s_distances_are_those_of_its_values() -> None:
    before, night = table(1, 5000), table(2, 2000, shift=0.3)
    found = drifts(before, night)["income"]
    was, now = (rows["income"].drop_null().to_numpy() for rows in (before, night))
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(was, now) / was.std(), abs=0.02)
    assert found.quantiles["0.5"] == pytest.approx(np.median(now), rel=0.05)
    assert found.p_value < 1e-12 and found.adjusted < 1e-12


def test_a_package_of_before_the_sums_were_kept_has_no_wasserstein_and_all_else() -> None:
    reference = profile(table(1, 5000), FEATURES, answers(1, 5000))
    for described in (*reference["features"].values(), reference["score"]):
        described.pop("sums", None)
    found = {one.column: one for one in measure(reference, [answered(table(2, 500), answers(2, 500))])}
    assert found["income"].wasserstein is None
    assert found["income"].psi is not None and found["income"].kolmogorov_smirnov is not None


@pytest.mark.parametrize("shift", [0.15, 0.5])
def test_psi_comes_close_to_evidently_s_on_all_rows(shift: float) -> None:
    """Evidently cuts the range into bins of one width, we into bins of as many training rows."""
    random = np.random.default_rng(0)
    before, now = random.normal(0, 1, 20_000), random.normal(shift, 1, 20_000)
    edges = quantile_edges(before)
    ours = psi(*(count_numbers([pa.array(values)], edges).bins for values in (before, now)))
    # Of two such normal laws the index is the square of their distance; bins can only lose some of it.
    assert ours == pytest.approx(shift**2, rel=0.1)
    assert ours == pytest.approx(evidently_psi(before, now), rel=0.1)


def evidently_psi(before: np.ndarray, now: np.ndarray) -> float:
    """Return what Evidently's own statistic says of two samples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        from evidently.legacy.calculations.stattests import psi_stat_test
        from evidently.legacy.core import ColumnType

        samples = pd.Series(before), pd.Series(now)
        return float(psi_stat_test.func(*samples, ColumnType.Numerical, 0.1)[0])


def drifts(before: pa.Table, night: pa.Table) -> dict[str, ColumnDrift]:
    reference = profile(before, FEATURES, answers(1, len(before)))
    found = measure(reference, [answered(night, answers(2, len(night)))])
    return {drift.column: drift for drift in found}
