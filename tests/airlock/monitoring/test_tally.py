"""Counting a night in pieces: however it is cut, the counts are the same, and a fault in one piece counts."""

from dataclasses import asdict

import pyarrow as pa
import pytest

from airlock.monitoring import tally as tally_module
from airlock.monitoring.drift import answered, compare, measure
from airlock.monitoring.profile import profile
from airlock.monitoring.tally import ValueTally, count
from airlock.monitoring.thinning import Thinned
from tests.airlock.monitoring.worlds import FEATURES, answers, table

REFERENCE = profile(table(1, 5000), FEATURES, answers(1, 5000))
NIGHT = answered(table(7, 2000, shift=0.2), answers(7, 2000))


def cut(night: pa.Table, rows: int) -> list[pa.Table]:
    return [night.slice(first, rows) for first in range(0, len(night), rows)]


@pytest.mark.parametrize("rows", [1, 7, 999, 1999])
def test_a_night_in_pieces_is_the_night(rows: int) -> None:
    night = NIGHT.slice(0, 40) if rows == 1 else NIGHT
    for whole, pieces in zip(measure(REFERENCE, [night]), measure(REFERENCE, cut(night, rows)), strict=True):
        assert rounded(asdict(whole)) == rounded(asdict(pieces))


def rounded(value: object) -> object:
    """Leave out the last digits of sums, which depend on the order of adding."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def test_texts_as_dictionaries_are_the_same_texts() -> None:
    encoded = [
        piece.set_column(5, "channel", piece["channel"].dictionary_encode()) for piece in cut(NIGHT, 300)
    ]
    assert compare(count(REFERENCE, encoded)) == measure(REFERENCE, cut(NIGHT, 300))


def test_pieces_are_taken_one_at_a_time() -> None:
    held = []

    def pieces():
        for piece in cut(NIGHT, 500):
            held.append(len(held))
            yield piece

    found = count(REFERENCE, pieces())
    assert held == [0, 1, 2, 3] and {one.rows for one in found} == {2000}


def test_a_column_that_one_piece_lacks_cannot_be_measured() -> None:
    first, second = cut(NIGHT, 1000)
    found = {one.column: one for one in measure(REFERENCE, [first, second.drop_columns("income")])}
    assert found["income"].psi is None and found["income"].fault == "is missing from the night's rows"
    assert found["amount"].fault is None


def test_strangers_are_bounded_and_none_of_them_uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally_module, "MOST_STRANGERS", 10)
    column = ValueTally("feature", "channel", REFERENCE["features"]["channel"])
    for piece in range(20):
        column.add(pa.table({"channel": ["kiosk", *(f"{piece}-{number}" for number in range(50))]}))
    assert len(column.strangers) == 10 and column.others == 20 * 51
    assert column.strangers.most_common(1)[0] == ("kiosk", 20)


@pytest.mark.parametrize("rows", [1, 13, 700, 2000])
def test_a_thinned_night_is_evenly_spread_and_bounded(rows: int) -> None:
    numbered = pa.table({"place": range(2000), "word": pa.array(["a", "b"] * 1000).dictionary_encode()})
    thinned = Thinned(pa.schema([("place", pa.int64()), ("word", pa.string())]), 300)
    assert sum(len(piece) for piece in thinned.passing(cut(numbered, rows))) == 2000 == thinned.rows
    assert thinned.table()["place"].to_pylist() == list(range(0, 2000, 8))
    assert thinned.table().schema.field("word").type == pa.string()


def test_a_short_night_is_kept_whole() -> None:
    thinned = Thinned(pa.schema([NIGHT.schema.field("income")]), 2000)
    list(thinned.passing(cut(NIGHT, 300)))
    assert thinned.table() == NIGHT.select(["income"])
