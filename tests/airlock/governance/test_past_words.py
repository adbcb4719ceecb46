"""What was said of decisions, past its time: what goes, what stays, and what the database refuses."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from airlock.audit.records import compare
from airlock.chain.retention import Deleted, Deleting, delete_past
from airlock.governance import contests, deletions, feedback, outcomes, past_words
from airlock.governance.past_words import DELETED, WORDS, Words
from airlock.governance.tables import audit_log
from airlock.governance.tables import contests as contests_table
from airlock.governance.tables import deletions as deletions_table
from airlock.governance.tables import feedback as feedback_table
from airlock.governance.tables import outcomes as outcomes_table
from airlock.store import Store
from tests.airlock.governance.past import NOW, OLD, RUN, YOUNG, answer, contest
from tests.airlock.loans import loan_spec

TABLES = {"outcomes": outcomes_table, "feedback": feedback_table, "contests": contests_table}


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


SAID: dict[Words, Callable[..., int]] = {"outcomes": report, "feedback": agree, "contests": contested}


def apply(tasks: Engine, tmp_path: Path) -> Deleted:
    run = Deleting(tasks, Store(tmp_path), RUN, "mika", NOW)
    return delete_past(loan_spec(data={"retention": "365d"}), run)


def left(engine: Engine, kind: Words) -> set[int]:
    table = TABLES[kind]
    there = table.c.reason != DELETED if kind == "contests" else sa.true()
    with engine.connect() as conn:
        return set(conn.execute(sa.select(table.c.id).where(there)).scalars())


@pytest.mark.parametrize("kind", WORDS)
def test_what_was_said_long_ago_goes_and_is_on_record(
    engine: Engine, tasks: Engine, tmp_path: Path, kind: Words
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


@pytest.mark.parametrize("kind", WORDS)
def test_the_database_deletes_nothing_young_or_of_others_whoever_asks(
    engine: Engine, tasks: Engine, kind: Words
) -> None:
    with engine.begin() as conn:
        old, young = SAID[kind](conn, OLD), SAID[kind](conn, NOW - timedelta(days=179))
    for model, ids in (("loans", [old, young]), ("ships", [old]), ("loans", [old, young + 1]), ("loans", [])):
        with pytest.raises(sa.exc.DBAPIError, match="none is deleted"), tasks.begin() as conn:
            past_words.delete(conn, kind, model, ids, run=RUN, by="mika", at=NOW)
    assert left(engine, kind) == {old, young}


def test_the_database_keeps_the_words_about_a_contested_decision(engine: Engine, tasks: Engine) -> None:
    with engine.begin() as conn:
        decision = answer(conn, OLD)
        reported = report(conn, OLD, decision)
        contest(conn, decision)
    with pytest.raises(sa.exc.DBAPIError, match="not contested: none is deleted"), tasks.begin() as conn:
        past_words.delete(conn, "outcomes", "loans", [reported], run=RUN, by="mika", at=NOW)


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
