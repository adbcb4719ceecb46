from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from sqlalchemy import text

from airlock.data.window import Window
from airlock.governance.copying import CopyError
from airlock.governance.predictions import of_window
from airlock.package.predictor import Predictor
from airlock.scoring.batch import score_night
from tests.airlock.loans import START, loan_spec, loans
from tests.airlock.packaging import fit_and_build

NIGHT = Window(START, START + timedelta(days=1))
AT = datetime(2026, 1, 2, 1, tzinfo=UTC)
SPEC = loan_spec()


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor.load(fit_and_build(SPEC, "linear", loans(), tmp_path_factory.mktemp("loans"))[1])


def night_s_rows():
    return loans(24, seed=3)


def test_every_row_of_a_night_is_answered_and_logged(engine, predictor):
    table = night_s_rows()
    assert score_night(engine, SPEC, predictor, 3, table, window=NIGHT, at=AT) == 24
    answers = predictor.predict_table(table)
    with engine.connect() as conn:
        logged = of_window(conn, "loans", NIGHT, kinds=predictor.signature.kinds)
        assert conn.execute(text("SELECT DISTINCT source, run_key, scored_at FROM predictions")).all() == [
            ("batch", "2026-01-01", AT)
        ]
    assert logged.select(list(predictor.signature.kinds)) == table.select(list(predictor.signature.kinds))
    assert logged["score"].to_pylist() == answers.scores.tolist()
    assert logged["prediction"].to_pylist() == answers.predictions
    assert logged["entity_key"].to_pylist() == table["loan"].to_pylist()
    assert logged["event_time"].to_pylist() == table["asked_at"].to_pylist()
    assert set(logged["version"].to_pylist()) == {3}


def test_a_night_scored_again_has_the_same_rows_under_the_same_ids(engine, predictor):
    def ids():
        score_night(engine, SPEC, predictor, 3, night_s_rows(), window=NIGHT, at=AT)
        with engine.connect() as conn:
            return conn.execute(text("SELECT id FROM predictions ORDER BY id")).scalars().all()

    first = ids()
    assert len(first) == 24
    assert ids() == first


def test_more_rows_than_are_taken_at_once(engine, predictor, monkeypatch):
    monkeypatch.setattr("airlock.scoring.batch.ROWS_AT_ONCE", 7)
    assert score_night(engine, SPEC, predictor, 3, night_s_rows(), window=NIGHT, at=AT) == 24
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(DISTINCT entity_key) FROM batch_scores")).scalar_one() == 24


def test_a_night_that_fails_half_way_stays_as_it_was(engine, predictor, monkeypatch):
    score_night(engine, SPEC, predictor, 3, night_s_rows(), window=NIGHT, at=AT)
    monkeypatch.setattr("airlock.scoring.batch.ROWS_AT_ONCE", 7)
    table = night_s_rows()
    keys = pa.array(["nul \0" if n == 15 else f"{n}" for n in range(24)])
    broken = table.set_column(table.column_names.index("loan"), "loan", keys)
    with pytest.raises(CopyError, match="NUL character"):
        score_night(engine, SPEC, predictor, 4, broken, window=NIGHT, at=AT)
    with engine.connect() as conn:
        kept = conn.execute(text("SELECT version, count(*) FROM predictions GROUP BY 1")).all()
    assert kept == [(3, 24)]


def test_only_a_whole_day_is_a_night(engine, predictor):
    with pytest.raises(ValueError, match="is not a night"):
        score_night(engine, SPEC, predictor, 3, night_s_rows(), window=Window(START, None), at=AT)
