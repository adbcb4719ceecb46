"""A log to tamper with, and its verification."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from airlock.audit.chain import Verification
from airlock.audit.finding import Finding
from airlock.audit.log import anchor, audit
from airlock.governance import audit_log
from airlock.governance.audit_log import Act, Entry, Head

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: Acts that no record must bear out.
ACTS: tuple[Act, ...] = (
    "training_asked",
    "answer_refused",
    "deployment_refused",
    "drill_held",
    "act_refused",
)


def fill(engine: Engine, count: int) -> None:
    """Append rows, each a second after the one before."""
    with engine.begin() as conn:
        first = audit_log.head(conn).seq + 1
        for number in range(first, first + count):
            audit_log.append(
                conn,
                ACTS[number % len(ACTS)],
                actor=("ria", "omar", "loans.release")[number % 3],
                at=START + timedelta(seconds=number),
                model=("loans", "credit_risk", None)[number % 3],
                run=f"loans.release/manual__{number}",
                facts={"version": number, "package_digest": f"{number:064x}", "share": 1, "reason": "naïve"},
            )


def anchored(engine: Engine, file: Path) -> Entry:
    """Verify and anchor, as a night does."""
    found = audit(engine, file)
    assert not found.findings
    at = START + timedelta(hours=found.head.seq)
    return anchor(engine, file, found.head, actor="audit", run="audit/1", at=at)


def anchored_log(engine: Engine, file: Path) -> tuple[Entry, ...]:
    """Make a log of 60 rows, two of which say that the rows 20 and 41 were anchored."""
    fill(engine, 20)
    anchored(engine, file)
    fill(engine, 20)
    anchored(engine, file)
    fill(engine, 18)
    with engine.connect() as conn:
        return tuple(audit_log.entries(conn))


@contextmanager
def tampering(engine: Engine) -> Iterator[Connection]:
    """Open a transaction of somebody who switches off what guards the log; undo all of it at the end."""
    with engine.connect() as conn:
        conn.execute(text("ALTER TABLE audit_log DISABLE TRIGGER ALL"))
        conn.execute(text("ALTER TABLE audit_log DROP CONSTRAINT audit_log_digest_key"))
        conn.execute(text("ALTER TABLE audit_log DROP CONSTRAINT audit_log_pkey"))
        yield conn


def names(found: Verification, seq: int) -> tuple[Finding, ...]:
    """Return the findings that are about a row."""
    return tuple(finding for finding in found.findings if finding.names(seq))


def rehash(conn: Connection, first: int) -> Head:
    """Hash every row from one on again, consistently, and return what the head would have to be."""
    rows = list(audit_log.entries(conn))
    previous = rows[first - 2].digest if first > 1 else audit_log.GENESIS
    for row in rows[first - 1 :]:
        linked = Entry(**vars(row) | {"previous": previous})
        previous = linked.true_digest
        conn.execute(
            text("UPDATE audit_log SET previous = :previous, digest = :digest WHERE seq = :seq"),
            {"previous": linked.previous, "digest": previous, "seq": row.seq},
        )
    return Head(rows[-1].seq, previous)
