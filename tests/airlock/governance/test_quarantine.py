"""The quarantine's records: held once, settled by a person, found again."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from airlock.governance import audit_log
from airlock.governance.quarantine import Decision, QuarantinedRow, held, hold, settle, settled
from airlock.governance.records import RecordError
from tests.airlock.governance.records import MOMENT


@dataclass(frozen=True)
class Row:
    row_digest: str
    entity_key: str | None = "A-1"
    row: dict[str, Any] = field(default_factory=lambda: {"loan": "A-1", "income": None, "note": "a\0b"})
    reasons: tuple[str, ...] = ("income values must never be null.",)


def keep(conn: Connection, *rows: Row, run: str = "manual__1", model: str = "loans") -> None:
    hold(conn, model, rows, snapshot_digest=f"snapshot of {run}", dag_run_id=run, at=MOMENT)


def decide(
    conn: Connection, *ids: int, state: Decision = "released", by: str = "dana", run: str | None = None
) -> Any:
    return settle(
        conn, "loans", ids, state=state, by=by, because="checked with the clerk", at=MOMENT, run=run
    )


def test_a_held_row_comes_back_as_it_was(conn: Connection) -> None:
    keep(conn, Row("one"))
    (row,) = held(conn, "loans")
    assert row == QuarantinedRow(
        id=row.id,
        model="loans",
        entity_key="A-1",
        row_digest="one",
        row={"loan": "A-1", "income": None, "note": "a\0b"},
        reasons=["income values must never be null."],
        snapshot_digest="snapshot of manual__1",
        dag_run_id="manual__1",
        held_at=MOMENT,
        state="held",
    )


def test_holding_again_keeps_one_record_that_says_what_found_it_last(conn: Connection) -> None:
    keep(conn, Row("one"), Row("two", entity_key=None))
    before = held(conn, "loans")
    again = replace(Row("one"), reasons=("age must be at least 18.",))
    hold(conn, "loans", [again], snapshot_digest="s", dag_run_id="r", at=MOMENT + timedelta(days=1))
    first, second = held(conn, "loans")
    assert first == replace(before[0], reasons=list(again.reasons), snapshot_digest="s", dag_run_id="r")
    assert second == before[1]


def test_holding_nothing_is_nothing(conn: Connection) -> None:
    keep(conn)
    assert held(conn, "loans") == ()


def test_a_settled_row_stays_settled_when_it_is_found_again(conn: Connection) -> None:
    keep(conn, Row("one"), Row("two", entity_key=None))
    first, second = held(conn, "loans")
    (released,) = decide(conn, first.id)
    assert (released.state, released.settled_by, released.settled_at) == ("released", "dana", MOMENT)
    assert released.settled_because == "checked with the clerk"
    decide(conn, second.id, state="dropped")
    keep(conn, Row("one"), Row("two"), run="later")
    assert held(conn, "loans") == ()
    assert [(one.row_digest, one.entity_key, one.state) for one in settled(conn, "loans")] == [
        ("one", "A-1", "released"),
        ("two", None, "dropped"),
    ]


def test_no_ids_mean_all_that_are_held_of_this_model(conn: Connection) -> None:
    keep(conn, Row("one"), Row("two"))
    keep(conn, Row("one"), model="other")
    decide(conn, held(conn, "loans")[0].id, state="dropped")
    assert [row.row_digest for row in decide(conn)] == ["two"]
    assert [one.state for one in settled(conn, "loans")] == ["dropped", "released"]
    assert len(held(conn, "other")) == 1


def test_a_decision_can_be_changed_by_naming_the_row(conn: Connection) -> None:
    keep(conn, Row("one"))
    row = held(conn, "loans")[0]
    decide(conn, row.id, state="dropped")
    assert decide(conn, row.id, by="ria")[0].settled_by == "ria"
    assert [one.state for one in settled(conn, "loans")] == ["released"]


def test_ids_that_are_not_there_or_another_model_s_change_nothing(conn: Connection) -> None:
    keep(conn, Row("one"))
    keep(conn, Row("one"), model="other")
    own, foreign = held(conn, "loans")[0].id, held(conn, "other")[0].id
    with pytest.raises(RecordError, match=f"loans has no rows {foreign} in its quarantine, so nothing"):
        decide(conn, own, foreign)
    assert len(held(conn, "loans")) == len(held(conn, "other")) == 1


def test_deciding_about_nothing_is_refused(conn: Connection) -> None:
    with pytest.raises(RecordError, match="loans holds no rows in quarantine"):
        decide(conn)


@pytest.mark.parametrize("named", [True, False])
def test_a_run_that_is_repeated_decides_nothing_more(conn: Connection, named: bool) -> None:
    keep(conn, Row("one"))
    first = held(conn, "loans")[0].id
    ids = (first,) if named else ()
    done = decide(conn, *ids, run="quarantine/may")
    keep(conn, Row("two"))
    assert decide(conn, *ids, run="quarantine/may") == done
    assert [row.row_digest for row in held(conn, "loans")] == ["two"]
    decide(conn, first, state="dropped", by="ria", run="quarantine/june")
    assert [row.state for row in decide(conn, *ids, run="quarantine/may")] == ["dropped"]
    assert [(row.actor, row.run) for row in audit_log.entries(conn)] == [
        ("dana", "quarantine/may"),
        ("ria", "quarantine/june"),
    ]


def test_another_run_that_was_given_an_old_name_decides_for_itself(conn: Connection) -> None:
    keep(conn, Row("one"))
    (released,) = decide(conn, run="quarantine/weekly")
    (dropped,) = decide(conn, released.id, state="dropped", by="ria", run="quarantine/weekly")
    assert (dropped.state, dropped.settled_by) == ("dropped", "ria")


@pytest.mark.parametrize(
    "change",
    ["state = 'released'", "settled_by = 'x'", "state = 'gone'", "model = 'loans', row_digest = 'two'"],
)
def test_the_table_takes_no_decision_without_a_person_and_no_row_twice(conn: Connection, change: str) -> None:
    keep(conn, Row("one"), Row("two"))
    with pytest.raises(IntegrityError):
        conn.execute(text(f"UPDATE quarantine SET {change} WHERE row_digest = 'one'"))


def test_a_decision_is_in_the_log_with_its_rows_and_without_their_values(conn: Connection) -> None:
    keep(conn, Row("one"), Row("two"))
    ids = [row.id for row in held(conn, "loans")]
    settle(
        conn,
        "loans",
        ids,
        state="dropped",
        by="dana",
        because="doubles",
        at=MOMENT,
        run="quarantine/manual__1",
    )
    (row,) = audit_log.entries(conn)
    assert (row.act, row.actor, row.model, row.run) == (
        "quarantine_settled",
        "dana",
        "loans",
        "quarantine/manual__1",
    )
    assert row.facts == {"rows": ids, "state": "dropped", "reason": "doubles"}


def test_a_decision_that_is_refused_is_not_in_the_log(conn: Connection) -> None:
    with pytest.raises(RecordError):
        decide(conn)
    assert not list(audit_log.entries(conn))


SETTLED_BY_EVE = "settled_by = 'eve', settled_at = now(), settled_because = 'no reason'"


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE quarantine SET state = 'released', {SETTLED_BY_EVE} WHERE state = 'held'",
        "UPDATE quarantine SET state = 'released' WHERE state = 'dropped'",
        "UPDATE quarantine SET state = 'held', settled_by = NULL, settled_at = NULL, settled_because = NULL",
        "DELETE FROM quarantine WHERE state = 'dropped'",
    ],
)
def test_what_the_log_does_not_say_of_a_row_settles_nothing_until_a_person_decides_again(
    conn: Connection, change: str
) -> None:
    keep(conn, Row("one"), Row("two"))
    first, second = (row.id for row in held(conn, "loans"))
    decide(conn, first, state="dropped")
    conn.execute(text(change))
    with pytest.raises(RecordError, match=r"does not say of rows \d+ in the quarantine of loans what their"):
        settled(conn, "loans")
    assert settled(conn, "other") == ()
    if "DELETE" not in change:
        decide(conn, first, second, state="dropped")
        assert [row.state for row in settled(conn, "loans")] == ["dropped", "dropped"]


def test_a_row_of_the_log_that_was_changed_settles_nothing(conn: Connection) -> None:
    keep(conn, Row("one"))
    decide(conn)
    conn.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
    conn.execute(text("UPDATE audit_log SET actor = 'ria'"))
    with pytest.raises(RecordError, match="does not say of rows"):
        settled(conn, "loans")
