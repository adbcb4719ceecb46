"""Whether the audit log is known to be whole, as its page says it."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy.engine import Connection, Engine

from airlock.governance import audit_log
from airlock.governance.tables import audit_log as table
from airlock.ui.log_state import LATE, LogState, state_of
from tests.airlock.ui.history import MORNING

ANCHORED = MORNING + timedelta(hours=1)


def write(conn: Connection, rows: int, *, after: datetime = MORNING) -> None:
    for number in range(rows):
        audit_log.append(conn, "incident_noted", actor="omar", at=after, facts={"number": number})


def anchor(conn: Connection) -> None:
    head = audit_log.head(conn)
    audit_log.append(
        conn, "log_anchored", actor="audit", at=ANCHORED, facts={"seq": head.seq, "digest": head.digest}
    )


def forge(conn: Connection, seq: int, **values: object) -> None:
    """Change a row as the owner of the database can, past the log's triggers."""
    conn.execute(sa.text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
    conn.execute(sa.update(table).where(table.c.seq == seq).values(values))
    conn.execute(sa.text("ALTER TABLE audit_log ENABLE TRIGGER USER"))


def test_a_log_that_was_never_anchored_is_not_called_verified(conn: Connection) -> None:
    write(conn, 2)
    assert state_of(conn, MORNING) == LogState("never")


def test_what_was_anchored_was_verified_and_what_came_since_is_proved(conn: Connection) -> None:
    write(conn, 3)
    anchor(conn)
    write(conn, 4)
    assert state_of(conn, ANCHORED + LATE) == LogState("verified", 3, ANCHORED, proved=5)


def test_a_night_without_an_anchor_is_told(conn: Connection) -> None:
    write(conn, 1)
    anchor(conn)
    assert state_of(conn, ANCHORED + LATE + timedelta(seconds=1)).kind == "late"


@pytest.mark.parametrize("seq", [3, 4, 5, 7])
@pytest.mark.parametrize("values", [{"actor": "eve"}, {"digest": "0" * 64}, {"previous": "0" * 64}])
def test_a_changed_row_from_the_anchored_one_on_is_found(
    conn: Connection, seq: int, values: dict[str, str]
) -> None:
    write(conn, 3)
    anchor(conn)
    write(conn, 4)
    forge(conn, seq, **values)
    found = state_of(conn, ANCHORED)
    assert (found.kind, found.verified) == ("broken", None)


def test_a_removed_row_is_found(conn: Connection) -> None:
    write(conn, 3)
    anchor(conn)
    write(conn, 4)
    conn.execute(sa.text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
    conn.execute(sa.delete(table).where(table.c.seq == 6))
    assert state_of(conn, ANCHORED).sentence.startswith("row 7 ")


def test_the_page_says_that_it_does_not_verify(browser: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        write(conn, 2)
        anchor(conn)
        write(conn, 1)
        forge(conn, 4, actor="eve")
    page = browser.get("/airlock/audit").text
    assert "Does not verify:" in page and "Verified</b>" not in page
