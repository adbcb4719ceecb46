"""What is known of the audit log: when all of it was verified last, and whether the rows since then hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.audit.finding import named
from airlock.governance import audit_log
from airlock.governance.audit_log import Entry
from airlock.governance.tables import audit_log as table

#: The Dag `audit` verifies every night; so long after the last time it has failed, or did not run.
LATE = timedelta(hours=30)
#: So many rows since then are proved for a page, and no more.
MOST_PROVED = 2_000


@dataclass(frozen=True)
class LogState:
    """Whether the log is known to be whole.

    Attributes
    ----------
    verified
        The newest row up to which the whole log was verified; None where it never was.
    proved
        How many rows since then were proved just now: each digest, and each link.
    anchor
        The log's own last row about an anchor, whatever it says.
    """

    kind: Literal["never", "verified", "late", "broken"]
    verified: int | None = None
    at: datetime | None = None
    proved: int = 0
    sentence: str = ""
    anchor: Entry | None = field(default=None, compare=False)


def state_of(conn: Connection, now: datetime) -> LogState:
    """Return what the last anchor says, which only a log that verified gets, and prove what came after it."""
    newest = sa.select(sa.func.max(table.c.seq)).where(table.c.act == "log_anchored").scalar_subquery()
    anchor = next(audit_log.entries(conn, table.c.seq == newest), None)
    if anchor is None:
        return LogState("never")
    facts = anchor.facts if isinstance(anchor.facts, dict) else {}
    seq, digest = facts.get("seq"), facts.get("digest")
    if not isinstance(seq, int) or anchor.true_digest != anchor.digest:
        return LogState("broken", sentence=f"The last anchor, {named(anchor)}, was changed.", anchor=anchor)
    rows = list(islice(audit_log.entries(conn, table.c.seq >= seq), MOST_PROVED + 1))
    if not rows or (rows[0].seq, rows[0].digest) != (seq, digest):
        return LogState(
            "broken", sentence=f"Row {seq} is not what it was when it was anchored.", anchor=anchor
        )
    if wrong := _first_wrong(rows):
        changed = f"{named(wrong)} was changed, or a row before it was."
        return LogState("broken", sentence=changed, anchor=anchor)
    kind: Literal["late", "verified"] = "late" if now - anchor.at > LATE else "verified"
    return LogState(kind, seq, anchor.at, len(rows) - 1, anchor=anchor)


def _first_wrong(rows: Sequence[Entry]) -> Entry | None:
    """Return the first row whose digest, or whose link to the row before, is not right."""
    before: Entry | None = None
    for row in rows:
        linked = before is None or (row.seq, row.previous) == (before.seq + 1, before.digest)
        if not linked or row.true_digest != row.digest:
            return row
        before = row
    return None
