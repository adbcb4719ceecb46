import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from airlock.data.window import Window
from airlock.governance.prediction_table import OWN_COLUMNS, ROWS_AT_ONCE
from airlock.governance.predictions import (
    PredictionRow,
    of_window,
    stream_window,
    versions_of_night,
    versions_of_window,
)
from airlock.spec.columns import Kind
from airlock.store import Store
from tests.airlock.governance.records import MOMENT, log

KINDS = {"income": Kind.NUMBER, "housing": Kind.CATEGORY, "married": Kind.BOOLEAN}
ALWAYS = Window(None, None)
#: A store in which no batch has kept anything.
NO_NIGHTS = Store(Path("nowhere"))
FEATURES = {"income": 2500.5, "housing": "rent", "married": True}


def row(number, **changes):
    made = PredictionRow(
        id=uuid.UUID(int=number),
        model="credit_risk",
        version=3,
        source="api",
        purpose="decision",
        entity_key=f"a-{number}",
        features=FEATURES,
        score=0.25,
        prediction="false",
        run_key=None,
        event_time=MOMENT + timedelta(seconds=number),
        scored_at=MOMENT,
    )
    return replace(made, **changes)


def test_features_become_typed_columns(conn):
    log(conn, [row(2), row(1, features=dict.fromkeys(FEATURES), entity_key=None, score=None)])
    table = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS)
    assert table.column_names == [*KINDS, *OWN_COLUMNS]
    assert table.schema.types[:3] == [pa.float64(), pa.string(), pa.bool_()]
    assert table.schema.field("event_time").type == pa.timestamp("us", "UTC")
    missing = dict.fromkeys(FEATURES)
    own = {"prediction": "false", "version": 3}
    first, second = MOMENT + timedelta(seconds=1), MOMENT + timedelta(seconds=2)
    assert table.to_pylist() == [
        {**missing, "score": None, **own, "entity_key": str(uuid.UUID(int=1)), "event_time": first},
        {**FEATURES, "score": 0.25, **own, "entity_key": "a-2", "event_time": second},
    ]


@pytest.mark.parametrize(
    "text", ["", "NULL", "NaN", 'say "hi"', "two\nlines\r\n", "comma, tab\t", "\\N", "Größe", "%(x)s %", "t"]
)
def test_texts_come_back_as_they_were(conn, text):
    log(conn, [row(1, entity_key=text, prediction=text, features={"housing": text})])
    (found,) = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS).to_pylist()
    assert (found["entity_key"], found["prediction"], found["housing"]) == (text, text, text)


@pytest.mark.parametrize("number", [0.1, 1e-300, 1.7e308, -0.0, 1.3595736530547654e17, 5e-324, 3])
def test_numbers_come_back_exactly(conn, number):
    log(conn, [row(1, score=float(number), features={"income": number})])
    (found,) = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS).to_pylist()
    assert (found["score"], found["income"]) == (number, number)


def test_a_value_of_another_kind_counts_as_missing(conn):
    log(conn, [row(1, features={"income": "2500", "housing": "rent", "married": 1})])
    (found,) = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS).to_pylist()
    assert (found["income"], found["housing"], found["married"]) == (None, "rent", None)


def test_a_feature_s_name_is_only_a_name(conn):
    name = 'it\'s "100%" :income, (really)'
    log(conn, [row(1, features={name: 1.5})])
    table = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds={name: Kind.NUMBER})
    assert table[name].to_pylist() == [1.5]


def test_the_window_decides_by_event_time_and_leaves_its_end_out(conn):
    log(conn, [row(number) for number in range(5)])
    window = Window(MOMENT + timedelta(seconds=1), MOMENT + timedelta(seconds=3))
    found = of_window(conn, "credit_risk", window, store=NO_NIGHTS, kinds=KINDS)
    assert found["entity_key"].to_pylist() == ["a-1", "a-2"]


def test_other_models_and_purposes_are_left_out(conn):
    log(conn, [row(1), row(2, model="other"), row(3, purpose="smoke_test")])
    decided = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS)
    assert decided["entity_key"].to_pylist() == ["a-1"]
    smoke = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS, purpose="smoke_test")
    assert smoke["entity_key"].to_pylist() == ["a-3"]


def test_no_predictions_are_an_empty_table_of_the_same_columns(conn):
    log(conn, [row(1)])
    full = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds=KINDS)
    empty = of_window(conn, "unknown", ALWAYS, store=NO_NIGHTS, kinds=KINDS)
    assert empty.num_rows == 0
    assert empty.schema == full.schema


@pytest.mark.parametrize("name", OWN_COLUMNS)
def test_a_feature_named_like_a_column_of_the_log_is_refused(conn, name):
    with pytest.raises(ValueError, match=f"{name}: a feature of credit_risk has a name that the log uses"):
        of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds={name: Kind.NUMBER})


def scored_once(number, night, version=3):
    return row(number, source="batch", run_key=night, version=version)


def test_the_versions_of_a_night_are_those_of_its_batch(conn):
    night = "2026-03-01"
    log(conn, [scored_once(version, night, version) for version in (3, 4)])
    log(conn, [row(9, version=7)])
    assert versions_of_night(conn, "credit_risk", night) == {3, 4}
    assert versions_of_night(conn, "credit_risk", "2026-03-02") == set()


def test_a_stream_gives_the_same_rows_in_pieces_that_stay_small(conn):
    logged = [row(number, entity_key=None) for number in range(1, ROWS_AT_ONCE + 5)]
    log(conn, logged)
    pieces = list(stream_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds={}))
    assert max(len(piece) for piece in pieces) <= ROWS_AT_ONCE and len(pieces) > 1
    whole = of_window(conn, "credit_risk", ALWAYS, store=NO_NIGHTS, kinds={})
    assert pa.concat_tables(pieces) == whole and len(whole) == len(logged)


def test_the_versions_of_a_window_are_counted_without_reading_it(conn):
    log(conn, [row(1), row(2), row(3, version=4), row(4, purpose="smoke_test"), row(90_000)])
    window = Window(MOMENT, MOMENT + timedelta(days=1))
    assert versions_of_window(conn, "credit_risk", window) == {3: 2, 4: 1}
    assert versions_of_window(conn, "unknown", window) == {}
