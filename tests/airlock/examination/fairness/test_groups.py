"""Groups: nobody is left out, and every group has a name that people read."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from airlock.examination.fairness.groups import MOST_GROUPS, NOT_STATED, Grouping, groupings, numbers, values
from tests.airlock.examination.fairness.subjects import spec_of


def names(grouping: Grouping) -> list[str]:
    return [grouping.groups[code] for code in grouping.codes]


def test_a_band_begins_with_its_number() -> None:
    ages = pa.chunked_array([[24.999, 25.0, 39.0, 40.0]])
    assert names(numbers("age", ages, [25, 40])) == ["under 25", "25 to 40", "25 to 40", "40 and over"]


def test_a_band_without_rows_keeps_its_name() -> None:
    assert numbers("age", pa.chunked_array([[50, 60]]), [25, 40]).groups == (
        "under 25",
        "25 to 40",
        "40 and over",
    )


def test_without_bands_numbers_are_cut_at_their_quartiles() -> None:
    cut = numbers("income", pa.chunked_array([np.arange(0, 40_000, 1000)]))
    assert cut.groups == ("under 9,750", "9,750 to 19,500", "19,500 to 29,250", "29,250 and over")
    assert np.bincount(cut.codes).tolist() == [10, 10, 10, 10]


def test_a_quartile_that_is_the_smallest_value_makes_no_empty_group() -> None:
    cut = numbers("children", pa.chunked_array([[0, 0, 0, 0, 1, 2]]))
    assert cut.groups == ("under 0.75", "0.75 and over")
    assert numbers("children", pa.chunked_array([[3, 3, 3]])).groups == ("stated",)


def test_what_is_missing_is_a_group_of_its_own() -> None:
    ages = numbers("age", pa.chunked_array([pa.array([30.0, None, float("nan")])]), [25])
    assert names(ages) == ["25 and over", NOT_STATED, NOT_STATED]
    sexes = values("sex", pa.chunked_array([pa.array(["", None, NOT_STATED, "f"])]))
    assert (names(sexes), sexes.groups) == ([NOT_STATED] * 3 + ["f"], ("f", NOT_STATED))
    insured = values("insured", pa.chunked_array([pa.array([True, None, False])]))
    assert names(insured) == ["true", NOT_STATED, "false"]
    assert values("empty", pa.chunked_array([pa.array([None, None], pa.string())])).groups == (NOT_STATED,)


def test_the_rarest_of_many_values_are_one_group() -> None:
    places = [f"{place:03d}" for place in range(100) for _ in range(100 - place)]
    grouping = values("place", pa.chunked_array([places]))
    assert len(grouping.groups) == MOST_GROUPS
    assert names(grouping)[0] == "000"
    assert names(grouping)[-1] == "71 rarer values"


def test_every_protected_column_is_grouped_in_the_order_of_the_spec() -> None:
    spec = spec_of({"sex": "category", "age": {"kind": "number", "bands": [40]}})
    rows = pa.table({"age": [30, 50], "sex": ["f", "m"]})
    assert [(one.attribute, one.groups) for one in groupings(spec, rows)] == [
        ("sex", ("f", "m")),
        ("age", ("under 40", "40 and over")),
    ]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "", "c"])), min_size=1))
def test_groups_come_from_the_values_alone_in_any_chunks(texts: list[str | None]) -> None:
    whole = values("x", pa.chunked_array([pa.array(texts, pa.string())]))
    halves = [
        pa.array(texts[: len(texts) // 2], pa.string()),
        pa.array(texts[len(texts) // 2 :], pa.string()),
    ]
    assert (
        names(whole) == names(values("x", pa.chunked_array(halves))) == [text or NOT_STATED for text in texts]
    )
