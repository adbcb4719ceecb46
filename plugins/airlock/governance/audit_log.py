"""The audit log: every act that matters, each row hashed over the one before.

What governs a model (a candidate, an answer, a deployment) appends its row in the transaction that records
it, so that neither is there without the other. A transaction that needs other locks takes them before its
first row: the log's own lock is held until the transaction ends.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.digests import canonical_json, digest_of
from airlock.governance.engine import lock
from airlock.governance.records import record_of
from airlock.governance.tables import audit_head, audit_log

Act = Literal[
    "candidate_registered",
    "candidate_refused",
    "release_opened",
    "answer_recorded",
    "answer_refused",
    "release_closed",
    "deployment_refused",
    "deployed",
    "withdrawn",
    "rolled_back",
    "drill_held",
    "challenger_started",
    "challenger_stepped",
    "challenger_ended",
    "training_asked",
    "version_found",
    "version_reproduced",
    "quarantine_settled",
    "contest_decided",
    "contest_answer_refused",
    "incident_opened",
    "incident_assigned",
    "incident_noted",
    "incident_settled",
    "inquiry_answered",
    "inquiry_answer_refused",
    "answers_deleted",
    "records_deleted",
    "key_issued",
    "key_revoked",
    "act_refused",
    "log_anchored",
]

#: What the first row is hashed over.
GENESIS = "0" * 64
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Entry:
    """One row of the log: who did what, when and in which run, and the digest of the row before."""

    seq: int
    at: datetime
    act: str
    actor: str
    model: str | None
    run: str | None
    facts: Mapping[str, Any]
    previous: str
    digest: str

    @property
    def moment(self) -> str:
        """When it was done, in UTC to the microsecond."""
        return self.at.astimezone(UTC).isoformat(timespec="microseconds")

    @property
    def true_digest(self) -> str:
        """What the digest must be: the SHA-256 of everything else in canonical JSON, moments in UTC."""
        said = vars(self) | {"at": self.moment}
        del said["digest"]
        return digest_of(said)


@dataclass(frozen=True)
class Head:
    """The newest row's number and digest; 0 and `GENESIS` where there is none."""

    seq: int
    digest: str


def append(
    conn: Connection,
    act: Act,
    *,
    actor: str,
    at: datetime,
    model: str | None = None,
    run: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """Append a row in the transaction of `conn`; appenders wait for each other until theirs ends.

    Parameters
    ----------
    act, actor
        What was done, and the Airflow user or the Dag that did it.
    run
        The Dag run as `<dag id>/<run id>`; None for what no run did.
    facts
        Plain JSON values: versions, digests, reasons. Never a row's values or a secret.

    Raises
    ------
    ValueError
        When `facts` hold a NaN or an infinity, or `at` is in no time zone.
    TypeError
        When they hold something JSON has no type for.
    """
    if at.tzinfo is None:
        raise ValueError(f"{act}: {at} is in no time zone, so nobody could say later when it was.")
    # Numbers as keys become text, tuples lists: what is hashed is what will be read.
    plain = json.loads(canonical_json(dict(facts or {})))
    lock(conn, "audit log")
    last = head(conn)
    unsealed = Entry(last.seq + 1, at, act, actor, model, run, plain, last.digest, "")
    entry = replace(unsealed, digest=unsealed.true_digest)
    text = sa.literal(canonical_json(plain).decode(), sa.Text)  # stored as it is hashed, to the letter
    conn.execute(sa.insert(audit_log).values(vars(entry) | {"facts": sa.cast(text, sa.JSON)}))
    return entry


def head(conn: Connection) -> Head:
    """Return the number and digest of the newest row, as the log's trigger noted them."""
    row = conn.execute(sa.select(audit_head.c.seq, audit_head.c.digest)).one()
    return Head(row.seq, row.digest)


def newest(conn: Connection, *, after: int) -> Mapping[str | None, int]:
    """Return the newest row's number for each model that rows after a number speak of; None is no model."""
    log, last = audit_log.c, sa.func.max(audit_log.c.seq).label("last")
    query = sa.select(log.model, last).where(log.seq > after).group_by(log.model)
    return {row.model: row.last for row in conn.execute(query)}


def entries(conn: Connection, *conditions: sa.ColumnElement[bool]) -> Iterator[Entry]:
    """Yield rows in their order, in constant memory."""
    query = sa.select(audit_log).where(*conditions).order_by(audit_log.c.seq)
    with conn.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}) as result:
        for row in result:
            yield record_of(Entry, row)


def of_run(conn: Connection, act: Act, *, model: str | None, run: str) -> tuple[Entry, ...]:
    """Return the rows that say one kind of act of a run, `<dag id>/<run id>`, in their order."""
    log = audit_log.c
    return tuple(entries(conn, log.act == act, log.model == model, log.run == run))
