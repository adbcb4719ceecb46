"""Drift: every way a column can change is seen, and chance is not."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from airlock.digests import canonical_json
from airlock.monitoring.counts import count_numbers
from airlock.monitoring.distances import expected_psi, jensen_shannon, kolmogorov_smirnov, psi
from airlock.monitoring.drift import ColumnDrift, answered, measure
from airlock.monitoring.profile import profile
from airlock.package.answers import Answers
from tests.airlock.monitoring.worlds import FEATURES, answers, table

LIMIT = 0.25
TRAINING = table(1, 5000)
REFERENCE = profile(TRAINING, FEATURES, answers(1, 5000))


def drifts(night: pa.Table, said: Answers | None = None) -> dict[str, ColumnDrift]:
    return {
        drift.column: drift
        for drift in measure(REFERENCE, [answered(night, said or answers(9, night.num_rows))])
    }


def replaced(night: pa.Table, name: str, values: object) -> pa.Table:
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return night.set_column(night.column_names.index(name), name, column)


def test_jensen_shannon_equals_scipy() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        p, q = random.integers(0, 50, 12), random.integers(0, 50, 12)
        assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-12)


def test_psi_of_many_rows_equals_the_formula_without_the_half_row() -> None:
    p, q = np.array([3000, 5000, 2000]), np.array([2500, 4500, 3000])
    plain = np.sum((q / 10000 - p / 10000) * np.log((q / 10000) / (p / 10000)))
    assert psi(p, q) == pytest.approx(plain, rel=1e-3)


def test_kolmogorov_smirnov_at_the_edges_comes_close_to_that_of_the_values_from_below() -> None:
    before, now = TRAINING["amount"].to_numpy(), table(2, 2000)["amount"].to_numpy() * 1.2
    edges = np.array(REFERENCE["features"]["amount"]["edges"])
    counts = [count_numbers([pa.array(values)], edges).bins for values in (before, now)]
    exact = stats.ks_2samp(before, now).statistic
    assert exact - 0.03 < kolmogorov_smirnov(*counts) <= exact


@pytest.mark.parametrize("rows", [100, 300, 1000, 5000])
def test_chance_gives_the_psi_that_is_taken_off(rows: int) -> None:
    random = np.random.default_rng(rows)
    shares = np.full(10, 0.1)
    found = [psi(random.multinomial(5000, shares), random.multinomial(rows, shares)) for _ in range(400)]
    assert np.mean(found) == pytest.approx(expected_psi(10, 5000, rows), rel=0.1)


@pytest.mark.parametrize("rows", [100, 300, 2000])
def test_a_calm_year_of_small_nights_stays_calm(
    rows: int, record_property: Callable[[str, object], None]
) -> None:
    """365 nights of 8 features and 2 answers; the share of the columns over the limit is in the report."""
    alerts, largest = 0, 0.0
    for night in range(365):
        measured = measure(REFERENCE, [answered(table(1000 + night, rows), answers(1000 + night, rows))])
        values = [drift.psi for drift in measured if drift.psi is not None]
        assert len(values) == len(FEATURES) + 2
        alerts += sum(value > LIMIT for value in values)
        largest = max(largest, *values)
    rate = alerts / (365 * (len(FEATURES) + 2))
    record_property("false_alert_rate", rate)
    print(f"{rows} rows a night: false alert rate {rate:.5f}, largest psi {largest:.3f}")
    assert alerts == 0


@pytest.mark.parametrize("rows", [150, 300, 2000])
def test_a_shift_is_seen_in_its_column_only(rows: int) -> None:
    found = drifts(table(7, rows, shift=0.5))
    assert found["income"].psi > LIMIT
    assert max(drift.psi for name, drift in found.items() if name != "income") < LIMIT


def test_income_in_cents_is_far_beyond_the_limit() -> None:
    night = table(7, 300)
    cents = [value and value * 100 for value in night["income"].to_pylist()]
    drift = drifts(replaced(night, "income", pa.array(cents)))["income"]
    assert drift.psi > 2 and drift.mean > 50 * drift.reference_mean


def test_a_burst_of_missing_values_counts() -> None:
    night = table(7, 300)
    gone = pa.array(night["age"].to_numpy(), mask=np.arange(300) % 3 == 0)
    drift = drifts(replaced(night, "age", gone))["age"]
    assert drift.missing == pytest.approx(1 / 3) and drift.reference_missing == 0
    assert drift.psi > LIMIT


def test_a_column_gone_empty_counts() -> None:
    drift = drifts(replaced(table(7, 300), "income", pa.nulls(300)))["income"]
    assert drift.psi > LIMIT and drift.missing == 1 and drift.mean is None


def test_new_categories_count_and_are_named() -> None:
    night = table(7, 300)
    values = ["kiosk" if row % 5 == 0 else value for row, value in enumerate(night["channel"].to_pylist())]
    drift = drifts(replaced(night, "channel", values))["channel"]
    assert drift.psi > LIMIT
    assert drift.unseen == ("kiosk",) and drift.unseen_share == 0.2


def test_a_value_beyond_what_training_had_counts_even_for_a_constant_column() -> None:
    constant = table(1, 5000)
    reference = profile(replaced(constant, "term", np.full(5000, 12.0)), FEATURES, answers(1, 5000))
    for value in (11.0, 13.0):
        night = replaced(table(7, 300), "term", np.full(300, value))
        drift = next(d for d in measure(reference, [answered(night, answers(1, 300))]) if d.column == "term")
        assert drift.psi > LIMIT and drift.unseen_share == 1.0


def test_the_value_that_moved_most_is_said() -> None:
    drift = drifts(replaced(table(7, 300), "channel", ["web"] * 300))["channel"]
    assert drift.shift is not None
    assert (drift.shift.value, drift.shift.now) == ("web", 1.0)


def test_scores_and_predictions_are_compared_too() -> None:
    found = drifts(table(7, 300), Answers(np.full(300, 0.9), ["true"] * 300))
    assert found["score"].psi > LIMIT and found["prediction"].psi > LIMIT
    assert [drift.part for drift in found.values()][-2:] == ["answer", "answer"]


def test_a_missing_column_cannot_pass_for_calm() -> None:
    drift = drifts(table(7, 300).drop_columns("income"))["income"]
    assert drift.psi is None and drift.fault == "is missing from the night's rows"


def test_text_where_numbers_are_due_cannot_pass_for_calm() -> None:
    drift = drifts(replaced(table(7, 300), "income", ["a lot"] * 300))["income"]
    assert drift.psi is None and "string values where a number is due" in drift.fault


def test_a_night_without_rows_cannot_pass_for_calm() -> None:
    found = drifts(table(7, 300).slice(0, 0), Answers(np.empty(0), []))
    assert all(drift.psi is None and drift.fault == "has no rows to compare" for drift in found.values())


def test_scores_that_are_no_numbers_count_as_missing() -> None:
    drift = drifts(table(7, 300), Answers(np.full(300, np.nan), ["true"] * 300))["score"]
    assert drift.psi > LIMIT and drift.missing == 1


def test_what_was_measured_is_json() -> None:
    canonical_json([drift.to_json() for drift in drifts(table(7, 300).drop_columns("town")).values()])


def test_the_order_of_rows_does_not_matter() -> None:
    night = table(7, 300)
    order = np.random.default_rng(0).permutation(300)
    forward, shuffled = drifts(night), drifts(night.take(order))
    for name in FEATURES:
        assert forward[name].psi == shuffled[name].psi
