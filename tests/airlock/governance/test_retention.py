"""Answers past their time: what goes, what stays, what is on record, and what the database refuses."""

import uuid
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.audit.records import compare
from airlock.chain.retention import PATIENCE, Deleted, Deleting, delete_past, past_time
from airlock.governance import past_decisions, retention
from airlock.governance.batch_answers import KIND
from airlock.governance.batches import Batch, of_nights
from airlock.governance.incidents import open_incident
from airlock.governance.lineage.thing import LineageError
from airlock.governance.lineage.trace import trace
from airlock.governance.retention import WITHOUT_EVIDENCE, DecisionDeleted
from airlock.governance.tables import audit_log, batch_rows, deletions, predictions
from airlock.spec import ModelSpec
from airlock.store import Store
from tests.airlock.governance.answered import answered
from tests.airlock.governance.past import NOW, OLD, OLDER, RUN, YOUNG, answer, contest
from tests.airlock.loans import loan_spec


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def spec() -> ModelSpec:
    """A model whose answers are kept for a year."""
    return loan_spec(data={"retention": "365d"})


def batch(conn: Connection, store: Store, at: datetime, part: int = 1, score: float = 0.5) -> Batch:
    return answered(conn, store, ["L1", "L2"], night=at.date(), part=part, parts=2, at=at, score=score)


def incident(conn: Connection, kind: str, at: datetime = NOW) -> None:
    said = {"kind": kind, "key": f"night/loans/{kind}", "sentence": "?", "model": "loans"}
    open_incident(conn, **said, at=at, run="loans.monitor/1")


def kept(engine: Engine) -> set[uuid.UUID]:
    with engine.connect() as conn:
        return set(conn.execute(sa.select(predictions.c.id)).scalars())


def apply(spec: ModelSpec, tasks: Engine, store: Store) -> Deleted:
    return delete_past(spec, Deleting(tasks, store, RUN, "retention", NOW))


def test_only_what_is_past_its_time_goes(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        answer(conn, OLD), answer(conn, OLDER)
        young, other = answer(conn, YOUNG), answer(conn, OLD, model="ships")
    expected = Deleted(answers=2)
    assert past_time(spec, engine=tasks, store=store, at=NOW) == expected
    assert len(kept(engine)) == 4, "a dry run deletes nothing"
    assert apply(spec, tasks, store) == expected
    assert kept(engine) == {young, other}
    assert apply(spec, tasks, store) == Deleted()


def test_each_deletion_is_on_record_and_the_audit_log_tells_of_it(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        answer(conn, OLD), answer(conn, OLDER)
        scored = batch(conn, store, OLD)
    apply(spec, tasks, store)
    with engine.connect() as conn:
        rows = conn.execute(sa.select(deletions).order_by(deletions.c.id)).all()
        told = conn.execute(sa.select(audit_log).where(audit_log.c.act == "answers_deleted")).all()
        assert compare(conn) == ()
    assert [(row.kind, row.rows, row.run) for row in rows] == [("answers", 2, RUN), ("batch", 2, RUN)]
    assert (rows[0].first_event, rows[0].last_event) == (OLDER, OLD)
    assert rows[1].digest == scored.answers_digest
    assert [(row.facts["deletion"], row.facts["digest"]) for row in told] == [
        (row.id, row.digest) for row in rows
    ]


def test_a_deletion_that_was_changed_is_found(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        answer(conn, OLD)
    apply(spec, tasks, store)
    with engine.begin() as conn:
        conn.execute(sa.update(deletions).values(rows=7))
    with engine.connect() as conn:
        assert any("has the rows 7" in finding.sentence for finding in compare(conn))


def test_a_batch_leaves_the_database_and_the_store(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        old, young = batch(conn, store, OLD), batch(conn, store, YOUNG, score=0.6)
    assert apply(spec, tasks, store) == Deleted(batches=1, batch_answers=2)
    with engine.connect() as conn:
        assert [one.id for one in of_nights(conn, "loans")] == [young.id]
        assert conn.execute(sa.select(batch_rows.c.batch_id).distinct()).scalars().all() in ([], [young.id])
    folders = store.root / KIND
    assert not (folders / old.answers_digest).exists()
    assert (folders / young.answers_digest).is_dir()


def test_a_folder_that_a_killed_run_left_is_removed_by_the_next(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        old = batch(conn, store, OLD)
    with tasks.begin() as conn:
        retention.delete_batch(conn, old, run=RUN, at=NOW)
    assert (store.root / KIND / old.answers_digest).is_dir()
    apply(spec, tasks, store)
    assert not (store.root / KIND / old.answers_digest).exists()


def test_a_contested_decision_stays_and_so_does_its_batch(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        contested = answer(conn, OLD)
        answer(conn, OLD)
        scored = batch(conn, store, OLD)
        contest(conn, contested)
        contest(conn, scored.id_of(1))
    assert apply(spec, tasks, store) == Deleted(answers=1)
    assert kept(engine) == {contested}
    with engine.connect() as conn:
        assert past_decisions.find(conn, store, scored.id_of(0)) is not None


def test_an_open_incident_holds_everything_back_until_it_is_settled(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        answer(conn, OLD)
        incident(conn, "data")
    held = apply(spec, tasks, store)
    assert held.held is not None and "is open. Settle it." in held.held.reason
    assert held.answers == 1, "what is held back is counted"
    assert len(kept(engine)) == 1
    with tasks.begin() as conn, pytest.raises(sa.exc.DBAPIError, match="while an incident is open"):
        retention.delete_answers(conn, "loans", list(kept(engine)), run=RUN, at=NOW)


@pytest.mark.parametrize("kind", (*WITHOUT_EVIDENCE, "data", "fairness", "wrong_answer"))
def test_only_an_incident_whose_evidence_the_answers_are_holds_them_back(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec, kind: str
) -> None:
    with engine.begin() as conn:
        number = answer(conn, OLD)
        incident(conn, kind)
    if kind in WITHOUT_EVIDENCE:
        assert apply(spec, tasks, store).answers == 1
        return
    assert apply(spec, tasks, store).held is not None
    with tasks.begin() as conn, pytest.raises(sa.exc.DBAPIError, match="while an incident is open"):
        retention.delete_answers(conn, "loans", [number], run=RUN, at=NOW)


def test_a_month_of_holding_back_is_too_long_where_something_is_held(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        incident(conn, "data", NOW - 2 * PATIENCE - timedelta(days=1))
    assert apply(spec, tasks, store).patience_lost(NOW) == 0
    with engine.begin() as conn:
        answer(conn, OLD)
    held = apply(spec, tasks, store)
    assert (held.patience_lost(NOW), held.patience_lost(NOW - 2 * PATIENCE)) == (2, 0)


def test_a_contest_that_was_decided_long_ago_keeps_nothing(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        scored = batch(conn, store, OLDER)
        contest(conn, answer(conn, OLDER), decided_at=OLD)
        contest(conn, scored.id_of(0), decided_at=OLD)
        of_late = answer(conn, OLDER)
        contest(conn, of_late, decided_at=YOUNG)
    assert apply(spec, tasks, store) == Deleted(answers=1, batches=1, batch_answers=2, contests=2)
    assert kept(engine) == {of_late}


def test_the_database_deletes_nothing_young_or_contested_whoever_asks(engine: Engine, tasks: Engine) -> None:
    with engine.begin() as conn:
        old, contested = answer(conn, OLD), answer(conn, OLD)
        young = answer(conn, NOW - timedelta(days=179))
        others = answer(conn, OLD, model="ships")
        contest(conn, contested)
    for ids in ([old, young], [old, contested], [old, others], [old, uuid.uuid4()], []):
        with pytest.raises(sa.exc.DBAPIError, match="none is deleted"), tasks.begin() as conn:
            retention.delete_answers(conn, "loans", ids, run=RUN, at=NOW)
    assert kept(engine) == {old, contested, young, others}


def test_the_database_deletes_no_young_batch(engine: Engine, tasks: Engine, store: Store) -> None:
    with engine.begin() as conn:
        young = batch(conn, store, NOW - timedelta(days=179))
    with pytest.raises(sa.exc.DBAPIError, match="is not older than"), tasks.begin() as conn:
        retention.delete_batch(conn, young, run=RUN, at=NOW)


def test_a_temporary_table_does_not_pass_for_the_contests(engine: Engine, tasks: Engine) -> None:
    with engine.begin() as conn:
        contested = answer(conn, OLD)
        contest(conn, contested)
    with pytest.raises(sa.exc.DBAPIError, match="none is deleted"), tasks.begin() as conn:
        conn.execute(sa.text("CREATE TEMPORARY TABLE contests AS SELECT * FROM public.contests WHERE false"))
        conn.execute(sa.text("GRANT ALL ON pg_temp.contests TO PUBLIC"))
        conn.execute(sa.select(sa.func.delete_answers("loans", sa.cast([contested], sa.ARRAY(sa.Uuid)), RUN)))


def test_who_asks_for_a_deleted_decision_is_told_when_it_went(
    engine: Engine, tasks: Engine, store: Store, spec: ModelSpec
) -> None:
    with engine.begin() as conn:
        decisions = [answer(conn, OLD), batch(conn, store, OLD).id_of(1)]
    apply(spec, tasks, store)
    told = rf"deleted by retention on {date.today():%Y-%m}"
    for decision in decisions:
        with engine.connect() as conn:
            with pytest.raises(DecisionDeleted, match=told):
                past_decisions.find(conn, store, decision)
            with pytest.raises(LineageError, match=told):
                trace(conn, store, "prediction", str(decision))
            assert past_decisions.find(conn, store, uuid.uuid4()) is None


def test_without_a_time_in_the_spec_everything_is_kept(engine: Engine, tasks: Engine, store: Store) -> None:
    with engine.begin() as conn:
        answer(conn, OLDER)
    held = apply(loan_spec(), tasks, store).held
    assert held is not None and "kept for ever" in held.reason
    assert len(kept(engine)) == 1
