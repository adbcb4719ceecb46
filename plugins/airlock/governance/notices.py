"""Notices: mails that were sent, so that a repeated task sends none twice."""

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Engine

from airlock.governance.tables import notices


def send_once(
    engine: Engine,
    *,
    key: str,
    recipients: Sequence[str],
    subject: str,
    send: Callable[[], None],
    at: datetime,
) -> bool:
    """Send what `key` names unless it was sent before; say whether it was sent now.

    The record is written first and committed after sending: two callers at once send once, and a send that
    fails leaves no record and raises what it raised. A process killed between sending and committing sends
    again: a mail twice is better than none.
    """
    values = {"key": key, "recipients": list(recipients), "subject": subject, "sent_at": at}
    claim = (
        insert(notices).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(notices.c.key)
    )
    with engine.begin() as conn:
        if conn.execute(claim).one_or_none() is None:
            return False
        send()
    return True


def last_sent(conn: Connection, beginning: str) -> datetime | None:
    """Return when the last mail was sent whose key begins so; None where there was none."""
    last = sa.select(sa.func.max(notices.c.sent_at))
    return conn.execute(last.where(notices.c.key.startswith(beginning, autoescape=True))).scalar_one()
