import math
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from airlock.governance import predictions
from airlock.governance.copying import CopyError
from airlock.governance.predictions import PredictionRow
from tests.airlock.governance.records import MOMENT, log

ROW = PredictionRow(
    id=uuid.UUID(int=1),
    model="credit_risk",
    version=3,
    source="api",
    purpose="decision",
    entity_key="a-1",
    features={"income": 2500.0, "housing": "rent", "married": True, "debt": None},
    score=0.25,
    prediction="false",
    run_key=None,
    event_time=MOMENT,
    scored_at=MOMENT + timedelta(seconds=1),
)


def logged(conn, columns="*"):
    return conn.execute(text(f"SELECT {columns} FROM predictions ORDER BY id")).all()


def scored_once(entity, night="2026-03-01", version=3, **changes):
    """A batch's answer as it was logged before nights were kept in the evidence store."""
    made = uuid.uuid5(uuid.NAMESPACE_URL, f"{entity} {night}")
    return replace(ROW, id=made, entity_key=entity, source="batch", run_key=night, version=version, **changes)


def test_what_is_logged_is_what_was_answered(conn):
    log(conn, [ROW])
    (row,) = logged(conn)
    assert dict(row._mapping) == {name: getattr(ROW, name) for name in ROW.__slots__}


def test_logging_counts_as_a_transaction_to_commit(engine):
    with engine.connect() as conn:
        log(conn, [ROW])
        conn.commit()
    with engine.connect() as conn:
        assert len(logged(conn)) == 1


def test_all_rows_are_written_or_none(engine):
    bad = replace(ROW, id=uuid.UUID(int=2), entity_key="nul \0")
    with pytest.raises(CopyError, match="NUL character"), engine.begin() as conn:
        log(conn, [ROW, bad])
    with engine.connect() as conn:
        assert logged(conn) == []


def test_a_missing_number_is_null(conn):
    log(conn, [replace(ROW, score=math.nan, features={"income": math.nan, "amount": 1.0})])
    assert logged(conn, "score, features") == [(None, {"income": None, "amount": 1.0})]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features": {"income": math.inf}}, "income is infinite"),
        ({"features": {"housing": "a\0b"}}, "NUL character"),
        ({"features": {"na\0me": 1}}, "NUL character"),
        ({"entity_key": "\ud800"}, "half of a surrogate pair"),
        ({"features": {"housing": "x\udfff"}}, "half of a surrogate pair at character"),
        ({"event_time": MOMENT.replace(tzinfo=None)}, "has no time zone"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(conn, changes, said):
    with pytest.raises(CopyError, match=said):
        log(conn, [replace(ROW, **changes)])


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUES = st.none() | st.booleans() | TEXTS | st.floats(-1e300, 1e300).map(lambda value: value + 0.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(key=TEXTS, prediction=TEXTS, features=st.dictionaries(TEXTS, VALUES))
def test_any_text_and_number_comes_back(conn, key, prediction, features):
    conn.execute(text("DELETE FROM predictions"))
    log(conn, [replace(ROW, entity_key=key, prediction=prediction, features=features)])
    ((kept_key, kept_prediction, kept),) = logged(conn, "entity_key, prediction, features")
    numbers = {name for name, value in features.items() if isinstance(value, float)}
    kept = {name: float(value) if name in numbers else value for name, value in kept.items()}
    assert (kept_key, kept_prediction, kept) == (key, prediction, features)


def test_text_that_looks_like_copy_is_only_text(conn):
    tricky = ("\\N", "\\.", "a\tb", "a\nb\r\n", "\\\\n", "'; DROP TABLE predictions; --", "\\u0000")
    rows = [replace(ROW, id=uuid.UUID(int=n), entity_key=key) for n, key in enumerate(tricky)]
    log(conn, rows)
    assert tuple(key for (key,) in logged(conn, "entity_key")) == tricky


def test_many_rows_stream(conn):
    log(conn, (replace(ROW, id=uuid.UUID(int=n)) for n in range(5000)))
    assert logged(conn, "id")[-1] == (uuid.UUID(int=4999),)


def test_applications_read_the_newest_batch_score_of_each_entity(conn):
    later = {"event_time": MOMENT + timedelta(days=1), "score": 0.9}
    log(conn, [scored_once("a"), scored_once("b"), scored_once("a", "2026-03-02", 4, **later)])
    log(conn, [ROW, scored_once("z", "2026-03-09", purpose="smoke_test")])
    scores = conn.execute(text("SELECT entity_key, score, version FROM batch_scores ORDER BY 1")).all()
    assert scores == [("a", 0.9, 4), ("b", 0.25, 3)]


def test_the_log_module_names_every_column_it_writes(conn):
    assert all(name in predictions.COLUMNS for name in ROW.__slots__)
