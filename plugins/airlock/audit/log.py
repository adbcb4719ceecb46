"""The whole audit of one installation, and anchoring what it has verified."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from airlock.audit import anchors, chain, records
from airlock.audit.anchors import Anchor
from airlock.audit.chain import Verification
from airlock.digests import canonical_json
from airlock.governance import audit_log
from airlock.governance.audit_log import ROWS_AT_ONCE, Entry, Head
from airlock.governance.engine import lock
from airlock.governance.records import RecordError
from airlock.governance.tables import audit_head
from airlock.governance.tables import audit_log as table

ANCHORING = "anchors of the audit log"
#: Stands for a time that no calendar here has: its row's digest cannot be right.
NO_TIME = datetime.min.replace(tzinfo=UTC)


def audit(engine: Engine, file: Path) -> Verification:
    """Verify the log as it is at one moment, while nobody anchors; write nothing."""
    with _held(engine), _snapshot(engine) as conn:
        return verify(conn, file)


def verify(conn: Connection, file: Path) -> Verification:
    """Verify the chain, the anchors in `file` and the records, as the transaction of `conn` sees them."""
    known, damaged = anchors.read(file)
    verified = chain.verify(_rows(conn), _head(conn), known)
    return replace(verified, findings=(*damaged, *verified.findings, *records.compare(conn)))


def anchor(engine: Engine, file: Path, verified: Head, *, actor: str, run: str | None, at: datetime) -> Entry:
    """Write a verified head to the file, then say so in the log, once; return the row that says it.

    The file comes first: a row without its line is a finding, a line without its row proves no less.

    Raises
    ------
    RecordError
        When the row with the head's number no longer has its digest.
    """
    facts = vars(verified)
    with engine.begin() as conn:
        lock(conn, ANCHORING)
        rows = tuple(audit_log.entries(conn, table.c.seq == verified.seq))
        if [{row.digest, row.true_digest} for row in rows] != [{verified.digest}]:
            raise RecordError(
                f"Row {verified.seq} of the audit log is not what was verified, so nothing was anchored. "
                "Run make audit."
            )
        later = audit_log.entries(conn, table.c.seq > verified.seq, table.c.act == "log_anchored")
        if done := [entry for entry in later if entry.facts == facts]:
            return done[0]
        anchors.write(file, Anchor(verified.seq, verified.digest, at))
        return audit_log.append(conn, "log_anchored", actor=actor, at=at, run=run, facts=facts)


@contextmanager
def _held(engine: Engine) -> Iterator[None]:
    """Let nobody anchor meanwhile: file and log are compared as they stood together."""
    with engine.begin() as conn:
        lock(conn, ANCHORING)
        yield


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a connection that sees one moment and cannot write."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as conn:
        yield conn


def _head(conn: Connection) -> Head | None:
    row = conn.execute(sa.select(audit_head.c.seq, audit_head.c.digest)).one_or_none()
    return None if row is None else Head(row.seq, row.digest)


def _rows(conn: Connection) -> Iterator[Entry]:
    """Yield the rows as the database spells them, so that a spelling that was changed is seen too."""
    texts = {name: sa.cast(table.c[name], sa.Text).label(name) for name in ("at", "facts")}
    query = sa.select(*(texts.get(column.name, column) for column in table.c)).order_by(table.c.seq)
    with conn.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}) as result:
        for row in result:
            yield Entry(**{**row._mapping, "at": _moment(row.at), "facts": _facts(row)})


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return NO_TIME


def _facts(row: Row[Any]) -> Any:
    """Return the facts; their bare text, whose digest is another, where it is not the canonical one."""
    try:
        facts = json.loads(row.facts)
        return facts if canonical_json(facts) == row.facts.encode() else row.facts
    except (ValueError, RecursionError):
        return row.facts
