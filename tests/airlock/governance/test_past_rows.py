"""Rows past their time: what goes, what stays, and what the database refuses."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.audit.records import compare
from airlock.chain.retention import Deleted, Deleting, delete_past
from airlock.data.quarantine import FaultyRow
from airlock.governance import contests, deletions, feedback, outcomes, past_rows, quarantine
from airlock.governance.past_rows import DELETED, ROWS, Rows
from airlock.governance.tables import audit_log
from airlock.governance.tables import contests as contests_table
from airlock.governance.tables import deletions as deletions_table
from airlock.governance.tables import feedback as feedback_table
from airlock.governance.tables import outcomes as outcomes_table
from airlock.governance.tables import quarantine as quarantine_table
from airlock.store import Store
from tests.airlock.governance.past import NOW, OLD, RUN, YOUNG, answer, contest
from tests.airlock.loans import loan_spec

ROW = sa.cast(quarantine_table.c.row, sa.Text)
TABLES = {
    "outcomes": outcomes_table,
    "feedback": feedback_table,
    "contests": contests_table,
    "quarantine": quarantine_table,
}
#: Which rows are still as they were, where retention leaves something of them.
WHOLE = {"contests": contests_table.c.reason != DELETED, "quarantine": ROW != "{}"}


def report(conn: Connection, at: datetime, decision: uuid.UUID | None = None, model: str = "loans") -> int:
    """Let the shop report an outcome."""
    said = outcomes.Report(decision, "L1", "true", known_at=at)
    outcomes.report(conn, model, [said], by="shop", at=at)
    return conn.execute(sa.select(sa.func.max(outcomes_table.c.id))).scalar_one()


def agree(conn: Connection, at: datetime, decision: uuid.UUID | None = None, model: str = "loans") -> int:
    """Let somebody agree with a decision."""
    about = decision or uuid.uuid4()
    said = {"decision_id": about, "model": model, "version": 1, "verdict": "agree", "comment": "so it is"}
    return feedback.give(conn, **said, given_by="shop", at=at).id


def contested(conn: Connection, at: datetime, decision: uuid.UUID | None = None, model: str = "loans") -> int:
    """Let somebody contest a decision, which ria upholds."""
    return contest(conn, decision or uuid.uuid4(), decided_at=at)


def at_fault(conn: Connection, at: datetime, state: quarantine.Decision | None = "dropped") -> int:
    """Hold a row, which dana decides about then."""
    row = FaultyRow(0, "L1", uuid.uuid4().hex, {"income": -1.0}, ("income must be over 0",))
    quarantine.hold(conn, "loans", [row], snapshot_digest="s", dag_run_id="r", at=at)
    (held,) = quarantine.held(conn, "loans")
    if state:
        quarantine.settle(conn, "loans", [held.id], state=state, by="dana", because="a typing error", at=at)
    return held.id


SAID: dict[Rows, Callable[..., int]] = {
    "outcomes": report,
    "feedback": agree,
    "contests": contested,
    "quarantine": at_fault,
}


def apply(tasks: Engine, tmp_path: Path) -> Deleted:
    run = Deleting(tasks, Store(tmp_path), RUN, "mika", NOW)
    return delete_past(loan_spec(data={"retention": "365d"}), run)


def left(engine: Engine, kind: Rows) -> set[int]:
    table = TABLES[kind]
    with engine.connect() as conn:
        return set(conn.execute(sa.select(table.c.id).where(WHOLE.get(kind, sa.true()))).scalars())


@pytest.mark.parametrize("kind", ROWS)
def test_what_was_said_long_ago_goes_and_is_on_record(
    engine: Engine, tasks: Engine, tmp_path: Path, kind: Rows
) -> None:
    with engine.begin() as conn:
        SAID[kind](conn, OLD)
        young = SAID[kind](conn, YOUNG)
    assert apply(tasks, tmp_path) == Deleted(**{kind: 1})
    assert left(engine, kind) == {young}
    assert apply(tasks, tmp_path) == Deleted()
    with engine.connect() as conn:
        (row,) = conn.execute(sa.select(deletions_table)).all()
        (told,) = conn.execute(sa.select(audit_log).where(audit_log.c.act == "records_deleted")).all()
        assert [one for one in compare(conn) if "deletion" in one.sentence] == []
    assert (row.kind, row.rows, row.run) == (kind, 1, RUN)
    assert (told.actor, told.facts["deletion"], told.facts["digest"]) == ("mika", row.id, row.digest)


def test_what_is_said_of_a_contested_decision_stays_until_the_contest_is_past(
    engine: Engine, tasks: Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        decision = answer(conn, OLD)
        reported, agreed = report(conn, OLD, decision), agree(conn, OLD, decision)
        contest(conn, decision)
    assert apply(tasks, tmp_path) == Deleted()
    assert (left(engine, "outcomes"), left(engine, "feedback")) == ({reported}, {agreed})


def test_a_row_at_fault_loses_its_values_and_stays_decided(
    engine: Engine, tasks: Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        number = at_fault(conn, OLD)
        waiting = at_fault(conn, OLD, None)
    apply(tasks, tmp_path)
    assert left(engine, "quarantine") == {waiting}
    with engine.connect() as conn:
        (settled,) = quarantine.settled(conn, "loans")
        (row,) = conn.execute(sa.select(quarantine_table).where(quarantine_table.c.id == number)).all()
    assert (settled.state, settled.row_digest) == ("dropped", row.row_digest)
    assert (row.row, row.reasons) == ({}, ["income must be over 0"])


def test_a_contest_loses_its_reason_and_keeps_what_was_decided(
    engine: Engine, tasks: Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        number, waiting = contested(conn, OLD), contest(conn, uuid.uuid4())
    apply(tasks, tmp_path)
    with engine.connect() as conn:
        past, waits = contests.find(conn, number), contests.find(conn, waiting)
    assert past is not None and waits is not None
    assert (past.reason, past.state, past.decided_because) == (DELETED, "upheld", "right")
    assert waits.reason == "wrong"


@pytest.mark.parametrize("kind", ROWS)
def test_the_database_deletes_nothing_young_or_of_others_whoever_asks(
    engine: Engine, tasks: Engine, kind: Rows
) -> None:
    with engine.begin() as conn:
        old, young = SAID[kind](conn, OLD), SAID[kind](conn, NOW - timedelta(days=179))
    for model, ids in (("loans", [old, young]), ("ships", [old]), ("loans", [old, young + 1]), ("loans", [])):
        with pytest.raises(sa.exc.DBAPIError, match="none is deleted"), tasks.begin() as conn:
            past_rows.delete(conn, kind, model, ids, run=RUN, by="mika", at=NOW)
    assert left(engine, kind) == {old, young}


def test_the_database_keeps_the_words_about_a_contested_decision(engine: Engine, tasks: Engine) -> None:
    with engine.begin() as conn:
        decision = answer(conn, OLD)
        reported = report(conn, OLD, decision)
        contest(conn, decision)
    with pytest.raises(sa.exc.DBAPIError, match="not contested: none is deleted"), tasks.begin() as conn:
        past_rows.delete(conn, "outcomes", "loans", [reported], run=RUN, by="mika", at=NOW)


def test_a_night_that_a_deleted_outcome_judged_is_known(
    engine: Engine, tasks: Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        report(conn, OLD)
        agree(conn, OLD - timedelta(days=9))
    apply(tasks, tmp_path)
    day = timedelta(days=1)
    with engine.connect() as conn:
        found = deletions.newest_between(conn, "loans", OLD - day, OLD + day)
        assert found is not None and found.kind == "outcomes"
        assert deletions.newest_between(conn, "loans", OLD - 10 * day, OLD - 8 * day) is None
