"""What triage needs to know of the training data, counted in the reference's bins."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from airlock.digests import canonical_json
from airlock.monitoring.background import background
from airlock.monitoring.bins import counts_of, names_of, places
from airlock.monitoring.classes import reliability
from airlock.monitoring.profile import describe, profile
from airlock.monitoring.seasons import WEEKS, seasons, week_of
from airlock.package.answers import Answers
from airlock.spec.columns import Kind
from tests.airlock.monitoring.specs import spec
from tests.airlock.monitoring.worlds import FEATURES, answers, table

INCOME = {name: FEATURES[name] for name in ("income", "channel")}


def timed(rows: int, start: datetime, days: int) -> pa.Table:
    moments = [start + timedelta(days=days) * row / rows for row in range(rows)]
    drawn = (
        table(3, rows).select(list(INCOME)).append_column("at", pa.array(moments, pa.timestamp("us", "UTC")))
    )
    return drawn.append_column("bad", pa.array(np.random.default_rng(4).random(rows) < 0.3))


@pytest.mark.parametrize("name", list(FEATURES))
def test_every_row_has_the_place_where_the_profile_counts_it(name: str) -> None:
    column = table(1, 3000)[name]
    described = describe(column, FEATURES[name])
    counts = np.bincount(places(column, described), minlength=len(counts_of(described)))
    assert counts.tolist() == counts_of(described).tolist()
    assert len(names_of(described)) == len(counts)


def test_a_value_never_seen_is_other_and_no_number_is_missing() -> None:
    words = describe(pa.chunked_array([["web", "web", "branch"]]), Kind.CATEGORY)
    assert places(pa.chunked_array([["branch", "app", None]]), words).tolist() == [1, 2, 3]
    numbers = describe(pa.chunked_array([[1.0, 2.0, 3.0]]), Kind.NUMBER)
    missing = len(counts_of(numbers)) - 1
    assert places(pa.chunked_array([[np.nan, None, np.inf]]), numbers).tolist() == [missing] * 3


def test_a_year_of_rows_has_every_week_and_counts_every_row() -> None:
    rows = timed(3650, datetime(2025, 3, 1, tzinfo=UTC), 365)
    described = profile(rows, INCOME, answers(1, 3650))["features"]
    weeks = seasons(rows, described, rows["at"])
    assert sorted(map(int, weeks)) == list(range(WEEKS))
    for name in INCOME:
        counted = np.sum([week["features"][name] for week in weeks.values()], axis=0)
        assert counted.tolist() == counts_of(described[name]).tolist()


def test_a_week_says_when_it_ended_and_in_how_many_years_it_was_seen() -> None:
    rows = timed(900, datetime(2024, 12, 1, tzinfo=UTC), 450)
    weeks = seasons(rows, profile(rows, INCOME, answers(1, 900))["features"], rows["at"])
    assert (weeks["0"]["until"], weeks["0"]["years"]) == ("2026-01-07", 2)
    assert (weeks["20"]["until"], weeks["20"]["years"], weeks["20"]["rows"]) == ("2025-05-27", 1, 14)
    assert week_of(date(2025, 5, 27)) == 20 and week_of(date(2025, 5, 28)) == 21


def test_classes_add_up_to_the_reference_and_reliability_to_the_outcomes() -> None:
    train, holdout = (timed(1000, datetime(2025, month, 1, tzinfo=UTC), 28) for month in (1, 2))
    said = answers(2, 1000)
    described = profile(holdout, INCOME, said)
    made = background(spec(), described, train, holdout, said)
    bad = holdout["bad"].to_numpy()
    assert (made["classes"]["true"]["rows"], made["positive"]) == (bad.sum(), "true")
    for column in ("income", "channel"):
        both = np.sum([one["features"][column] for one in made["classes"].values()], axis=0)
        assert both.tolist() == counts_of(described["features"][column]).tolist()
    assert sum(made["reliability"]["hits"]) == bad.sum()
    assert sum(week["rows"] for week in made["seasons"].values()) == 2000


def test_a_regression_has_seasons_and_nothing_about_classes() -> None:
    rows = timed(200, datetime(2025, 1, 1, tzinfo=UTC), 28)
    numbers = Answers(np.arange(200.0), [repr(float(number)) for number in range(200)])
    described = profile(rows, INCOME, numbers)
    assert set(background(spec(task="regression", metric="rmse"), described, rows, rows, numbers)) == {
        "seasons"
    }


def test_reliability_counts_what_came_true_at_each_score() -> None:
    described = describe(pa.chunked_array([np.repeat([0.1, 0.9], 50)]), Kind.NUMBER)
    kept = reliability(described, np.repeat([0.1, 0.9], 50), np.repeat([False, True], 50))
    assert [pair for pair in zip(kept["rows"], kept["hits"], strict=True) if pair[0]] == [(50, 0), (50, 50)]


def test_the_background_is_json_of_moderate_size() -> None:
    rows = timed(3650, datetime(2025, 3, 1, tzinfo=UTC), 365)
    said = answers(2, 3650)
    made = background(spec(), profile(rows, INCOME, said), rows.slice(0, 2000), rows.slice(0), said)
    text = canonical_json(made)
    assert json.loads(text)["positive"] == "true"
    assert len(text) < 25_000
