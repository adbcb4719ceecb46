"""The reference profile: JSON that says truly what the training data looked like."""

import json

import numpy as np
import pyarrow as pa

from airlock.digests import canonical_json
from airlock.monitoring.counts import count_numbers, count_values, quantile_edges
from airlock.monitoring.profile import MOST_VALUES, describe, profile
from airlock.package.answers import Answers
from airlock.spec.columns import Kind
from tests.airlock.monitoring.worlds import FEATURES, answers, table


def test_a_profile_is_json_of_moderate_size() -> None:
    text = canonical_json(profile(table(1, 3000), FEATURES, answers(1, 3000)))
    assert json.loads(text)["rows"] == 3000
    assert len(text) < 20_000


def test_a_profile_counts_every_row_of_every_column() -> None:
    made = profile(table(1, 3000), FEATURES, answers(1, 3000))
    for column in [*made["features"].values(), made["score"], made["prediction"]]:
        counted = sum(column["counts"]) if column["kind"] == "number" else sum(column["values"].values())
        assert counted + column["missing"] + column.get("other", 0) == 3000


def test_moments_equal_numpys_although_streamed() -> None:
    values = 1e9 + np.random.default_rng(3).normal(size=10_000)
    column = pa.chunked_array([values[:1], values[1:6000], values[6000:]])
    made = describe(column, Kind.NUMBER)
    np.testing.assert_allclose([made["mean"], made["std"]], [values.mean(), values.std()], rtol=1e-9)
    assert (made["min"], made["max"]) == (values.min(), values.max())


def test_chunks_add_up_to_the_whole() -> None:
    whole = table(2, 5000)["income"].combine_chunks()
    edges = quantile_edges(whole.to_numpy(zero_copy_only=False))
    pieces = [whole.slice(start, 700) for start in range(0, 5000, 700)]
    one, many = count_numbers([whole], edges), count_numbers(pieces, edges)
    assert one.bins.tolist() == many.bins.tolist()
    assert (one.missing, one.minimum, one.maximum) == (many.missing, many.minimum, many.maximum)
    texts = pa.array(["a", None, "b", "a"])
    assert count_values([texts]) == count_values([texts.slice(0, 2), texts.slice(2)])


def test_what_is_no_finite_number_is_missing() -> None:
    made = describe(pa.chunked_array([[1.0, None, float("nan"), float("inf"), 3.0]]), Kind.NUMBER)
    assert (made["missing"], made["mean"], made["max"]) == (3, 2.0, 3.0)


def test_a_column_without_any_value_has_a_profile() -> None:
    made = describe(pa.chunked_array([pa.nulls(3, pa.float64())]), Kind.NUMBER)
    assert (made["missing"], made["edges"], made["counts"], made["mean"]) == (3, [], [0], None)
    assert describe(pa.chunked_array([pa.nulls(3, pa.string())]), Kind.CATEGORY)["values"] == {}


def test_few_whole_numbers_get_a_bin_each_and_an_empty_one_below() -> None:
    made = describe(pa.chunked_array([np.repeat([0.0, 1.0, 2.0, 3.0], 25)]), Kind.NUMBER)
    assert made["counts"] == [0, 25, 25, 25, 25, 0]


def test_rare_values_are_summed_up() -> None:
    values = [f"v{number}" for number in range(80) for _ in range(80 - number)]
    made = describe(pa.chunked_array([values]), Kind.CATEGORY)
    assert len(made["values"]) == MOST_VALUES and next(iter(made["values"])) == "v0"
    assert made["distinct"] == 80 and made["other"] == sum(range(1, 31))


def test_a_regression_has_no_profile_of_its_prediction() -> None:
    numbers = Answers(np.array([1.0, 2.0]), ["1.0", "2.0"])
    made = profile(pa.table({"x": [1.0, 2.0]}), {"x": Kind.NUMBER}, numbers)
    assert made["prediction"] is None and made["score"]["mean"] == 1.5
