"""Conditions: each column is cut into slices that can be said in words and hold what the words say."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from airlock.examination.weakness.conditions import Cut, cut
from airlock.spec import ModelSpec
from tests.airlock.loans import COLUMNS, loan_spec, loans


def with_values(name: str, values: list[object]) -> pa.Table:
    rows = loans(len(values))
    return rows.set_column(rows.column_names.index(name), name, pa.array(values))


def words_of(found: Cut, column: str) -> dict[str, int]:
    counts = found.members.sum(axis=0)
    return {
        condition.words: int(count)
        for condition, count in zip(found.conditions, counts, strict=True)
        if condition.column == column
    }


def test_categories_booleans_and_protected_columns_are_cut_by_value_and_missing_is_one() -> None:
    found = cut(loan_spec(), loans(1000), 20)
    assert words_of(found, "housing").keys() == {
        "housing missing", "housing=free", "housing=own", "housing=rent",
    }  # fmt: skip
    assert words_of(found, "insured").keys() == {"insured missing", "insured=false", "insured=true"}
    assert words_of(found, "sex").keys() == {"sex=f", "sex=m"}
    assert sum(words_of(found, "housing").values()) == 1000


def test_numbers_are_cut_into_bins_of_equally_many_rows_and_runs_of_them() -> None:
    found = words_of(cut(loan_spec(), with_values("debt", [float(n) for n in range(1, 1001)]), 20), "debt")
    assert found == {
        "debt below 200": 199,
        "debt below 400": 399,
        "debt below 600": 599,
        "debt below 800": 799,
        "debt from 200 to below 400": 200,
        "debt from 200 to below 600": 400,
        "debt from 200 to below 800": 600,
        "debt from 200 up": 801,
        "debt from 400 to below 600": 200,
        "debt from 400 to below 800": 400,
        "debt from 400 up": 601,
        "debt from 600 to below 800": 200,
        "debt from 600 up": 401,
        "debt from 800 up": 201,
    }


def test_few_distinct_numbers_are_taken_one_by_one_and_a_missing_one_too() -> None:
    values = [None if place % 10 == 0 else place % 3 for place in range(300)]
    assert words_of(cut(loan_spec(), with_values("debt", values), 20), "debt") == {
        "debt missing": 30,
        "debt=0": 90,
        "debt from 0 to 1": 180,
        "debt from 0 to 2": 270,
        "debt=1": 90,
        "debt from 1 to 2": 180,
        "debt=2": 90,
    }


def test_a_protected_number_is_cut_by_the_bands_of_the_spec() -> None:
    age = {"role": "protected", "kind": "number", "classification": "personal", "bands": [25, 40]}
    spec: ModelSpec = loan_spec(columns={"debt": age})
    found = words_of(cut(spec, with_values("debt", [20, 30, 50, 60] * 50), 20), "debt")
    assert found == {
        "debt below 25": 50,
        "debt below 40": 100,
        "debt from 25 to below 40": 50,
        "debt from 25 up": 150,
        "debt from 40 up": 100,
    }
    assert COLUMNS["debt"]["role"] == "feature"


def test_what_hardly_any_row_meets_or_misses_is_no_condition() -> None:
    values = ["own"] * 290 + ["rent"] * 10
    assert words_of(cut(loan_spec(), with_values("housing", values), 20), "housing") == {}


@given(
    st.lists(st.floats(-1e9, 1e9, allow_subnormal=False) | st.none(), min_size=1, max_size=200),
)
def test_the_words_of_a_number_say_exactly_which_rows_are_meant(values: list[float | None]) -> None:
    found = cut(loan_spec(), with_values("debt", [*values, 1.5]), 1)
    numbers = np.array([np.nan if value is None else value for value in [*values, 1.5]])
    for place, condition in enumerate(found.conditions):
        if condition.column == "debt":
            assert (meant(condition.words, numbers) == found.members[:, place]).all()


def meant(words: str, numbers: np.ndarray) -> np.ndarray:
    """Read the words as a person would."""
    text = words.removeprefix("debt").replace(",", "")
    if text == " missing":
        return np.isnan(numbers)
    if text.startswith("="):
        return numbers == float(text[1:])
    holds = ~np.isnan(numbers)
    tokens = text.split()
    if "from" in tokens:
        holds &= numbers >= float(tokens[tokens.index("from") + 1])
    if "below" in tokens:
        holds &= numbers < float(tokens[tokens.index("below") + 1])
    elif "to" in tokens:
        holds &= numbers <= float(tokens[tokens.index("to") + 1])
    return holds
