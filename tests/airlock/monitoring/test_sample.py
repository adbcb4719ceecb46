"""The sample of a night: bounded, the same each time, and each kind of row with its share."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airlock.monitoring.profile import profile
from airlock.monitoring.sample import stratified
from tests.airlock.monitoring.worlds import FEATURES, answers, scored, table

REFERENCE = profile(table(1, 3000), FEATURES, answers(1, 3000))


@pytest.fixture(scope="module")
def night() -> pa.Table:
    """Return a night with a number on each row."""
    return scored(2, 20_000).append_column("row", pa.array(range(20_000)))


def pieces(rows: pa.Table, size: int) -> list[pa.Table]:
    return [rows.slice(start, size) for start in range(0, len(rows), size)]


def drawn(rows: list[pa.Table], most: int = 1000) -> pa.Table:
    sample, _ = stratified(rows, REFERENCE, most)
    assert sample is not None
    return sample


def test_a_night_that_is_small_enough_is_its_own_sample(night: pa.Table) -> None:
    small = night.slice(0, 500)
    assert stratified([small], REFERENCE, 1000) == (small, 500)


def test_a_long_night_sends_as_many_rows_as_may_be(night: pa.Table) -> None:
    sample, rows = stratified([night], REFERENCE, 1000)
    assert sample is not None
    assert (len(sample), rows, sample.schema) == (1000, len(night), night.schema)


@pytest.mark.parametrize("size", [61, 777, 20_000])
def test_how_a_night_is_cut_into_pieces_changes_nothing(night: pa.Table, size: int) -> None:
    short = night.slice(0, 3000)
    assert drawn(pieces(short, size), 300).equals(drawn([short], 300))


def strata(rows: pa.Table) -> np.ndarray:
    """Count the rows by bin of the score and by whether their income, the only one ever missing, is there."""
    edges = np.array(REFERENCE["score"]["edges"])
    number = 2 * np.searchsorted(edges, rows["score"]) + pc.is_null(rows["income"]).to_numpy()
    return np.bincount(number, minlength=2 * len(edges) + 2)


def test_each_bin_of_the_score_has_its_share_to_within_a_row(night: pa.Table) -> None:
    assert np.abs(strata(drawn([night])) - strata(night) / 20).max() < 1


def test_values_that_training_never_had_keep_their_share(night: pa.Table) -> None:
    new = pc.if_else(pc.less(night["row"], 2000), "kiosk", night["channel"])
    sample = drawn([night.set_column(night.column_names.index("channel"), "channel", new)])
    assert abs(pc.sum(pc.equal(sample["channel"], "kiosk")).as_py() - 100) <= 21


def test_within_a_stratum_every_row_has_the_same_chance(night: pa.Table) -> None:
    places = drawn([night], 4000)["row"].to_numpy()
    assert abs(places.mean() / 20_000 - 0.5) < 4 * 0.29 / np.sqrt(4000)


def test_texts_in_dictionaries_are_drawn_as_texts(night: pa.Table) -> None:
    place = night.column_names.index("channel")
    coded = night.set_column(place, "channel", night["channel"].dictionary_encode())
    assert drawn([coded.slice(0, 5000), night.slice(5000)]).equals(drawn([night]))


def test_no_rows_give_no_sample(night: pa.Table) -> None:
    assert stratified([], REFERENCE, 1000) == (None, 0)
    assert stratified([night.slice(0, 0)], REFERENCE, 1000) == (None, 0)
