"""The audit log: rows that follow one another without a gap, whoever writes at once, changed by nobody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from airlock.governance import audit_log
from airlock.governance.audit_log import GENESIS, Entry, Head
from tests.airlock.governance.records import MOMENT

WRITERS = 8
EACH = 12


def append(conn: Connection, **changes: Any) -> Entry:
    given = {"actor": "dana", "at": MOMENT, "model": "loans", "run": "loans.train/1", "facts": {"version": 1}}
    return audit_log.append(conn, "version_found", **(given | changes))


def rows(engine: Engine) -> list[Entry]:
    with engine.connect() as conn:
        return list(audit_log.entries(conn))


def assert_intact(found: list[Entry]) -> None:
    assert [row.seq for row in found] == list(range(1, len(found) + 1))
    assert [row.previous for row in found] == [GENESIS, *(row.digest for row in found[:-1])]
    assert [row.digest for row in found] == [row.true_digest for row in found]


def test_an_empty_log_begins_with_zeros(conn: Connection) -> None:
    assert audit_log.head(conn) == Head(0, GENESIS)
    assert list(audit_log.entries(conn)) == []


def test_rows_come_back_as_they_were_appended_each_hashed_over_the_one_before(conn: Connection) -> None:
    facts = {"b": [1.5, None, True], "a": {"naïve": "<&>\u0000"}, "small": 1e-9}
    appended = [append(conn, facts=facts), append(conn, model=None, run=None, facts=None), append(conn)]
    found = list(audit_log.entries(conn))
    assert found == appended
    assert_intact(found)
    assert audit_log.head(conn) == Head(3, found[-1].digest)


def test_facts_are_stored_as_the_text_that_is_hashed(conn: Connection) -> None:
    append(conn, facts={"b": (1, 2), "a": {"ï": 0, "c": {10: 1, 9: 2}}})
    stored = conn.execute(text("SELECT facts::text FROM audit_log")).scalar_one()
    assert stored == '{"a":{"c":{"10":1,"9":2},"ï":0},"b":[1,2]}'
    assert_intact(list(audit_log.entries(conn)))


def test_a_moment_is_hashed_in_utc_wherever_it_was_said(conn: Connection) -> None:
    tokyo = MOMENT.astimezone(timezone(timedelta(hours=9)))
    first = append(conn, at=tokyo)
    assert first.true_digest == Entry(**vars(first) | {"at": MOMENT}).true_digest
    conn.execute(text("SET LOCAL timezone = 'Asia/Tokyo'"))
    assert_intact(list(audit_log.entries(conn)))


@pytest.mark.parametrize("facts", [{"share": float("nan")}, {"share": float("inf")}, {"name": "\ud800"}])
def test_what_json_cannot_say_is_refused(conn: Connection, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        append(conn, facts=facts)
    assert audit_log.head(conn).seq == 0


def test_what_is_no_json_is_refused(conn: Connection) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        append(conn, facts={"at": MOMENT})


def test_a_moment_without_a_time_zone_is_refused(conn: Connection) -> None:
    with pytest.raises(ValueError, match=r"version_found: .* is in no time zone"):
        append(conn, at=datetime(2026, 3, 1))


def test_many_who_append_at_once_leave_no_gap(engine: Engine) -> None:
    def write(writer: int) -> None:
        for number in range(EACH):
            with engine.begin() as conn:
                append(conn, actor=f"writer_{writer}", facts={"number": number})
                append(conn, actor=f"writer_{writer}", facts={"number": -number})

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    found = rows(engine)
    assert len(found) == WRITERS * EACH * 2
    assert_intact(found)
    # What one transaction wrote stands together.
    assert all(one.actor == other.actor for one, other in zip(found[::2], found[1::2], strict=True))


def test_a_transaction_that_is_rolled_back_leaves_no_gap(engine: Engine) -> None:
    with engine.begin() as conn:
        append(conn)
    with engine.connect() as conn:
        append(conn, actor="nobody")
        conn.rollback()
    with engine.begin() as conn:
        append(conn)
    found = rows(engine)
    assert [row.actor for row in found] == ["dana", "dana"]
    assert_intact(found)


@pytest.fixture
def one_row(conn: Connection) -> Iterator[Connection]:
    """A connection to a log of one row."""
    append(conn)
    yield conn


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'eve'",
        "UPDATE audit_log SET actor = 'eve' WHERE seq = 99",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (seq) DO UPDATE SET actor = 'eve'",
    ],
)
def test_nothing_is_changed_or_removed_even_by_the_owner(one_row: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only|does not follow"):
        one_row.execute(text(statement))


@pytest.mark.parametrize(
    ("column", "value"),
    [("seq", 1), ("seq", 3), ("seq", 0), ("previous", GENESIS), ("previous", "f" * 64)],
)
def test_a_row_that_does_not_follow_the_last_one_is_refused(
    one_row: Connection, column: str, value: object
) -> None:
    last = audit_log.head(one_row)
    row = {"seq": 2, "previous": last.digest} | {column: value}
    insert = (
        "INSERT INTO audit_log (seq, at, act, actor, facts, previous, digest) "
        "VALUES (:seq, now(), 'deployed', 'eve', '{}', :previous, 'forged')"
    )
    with pytest.raises(DBAPIError, match=f"Row {row['seq']} does not follow the last row of the audit log"):
        one_row.execute(text(insert), row)


def test_a_transaction_that_looks_at_the_past_cannot_fork_the_log(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as late:
        assert audit_log.head(late).seq == 0
        with engine.begin() as conn:
            append(conn)
        with pytest.raises(DBAPIError, match="could not serialize|does not follow"):
            append(late)
    assert_intact(rows(engine))


def test_rows_are_found_by_conditions(conn: Connection) -> None:
    append(conn), append(conn, model="churn"), append(conn)
    about = audit_log.audit_log.c.model == "churn"
    assert [row.seq for row in audit_log.entries(conn, about)] == [2]
