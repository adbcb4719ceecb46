"""Searching the candidates: which there are of a model, in which state, by whom, about what.

`python -m airlock.governance.versions [--model M] [--state S] [--trained-by P] [--text T]` prints a table.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import releases
from airlock.governance.engine import connect
from airlock.governance.records import record_of
from airlock.governance.tables import candidates, deployments
from airlock.governance.tables import releases as releases_table
from airlock.settings import SettingsError, database_url

MOST = 200
#: What may be asked for: a candidate that never came to a release is `registered` or `refused`.
STATES = ("serving", "registered", "refused", *get_args(releases.State))


@dataclass(frozen=True)
class Version:
    """One candidate with the state of its newest release; `serving` of the one that is in production."""

    model: str
    version: int | None
    state: str
    trained_by: str
    cause: str
    reason: str
    recorded_at: datetime
    dossier_digest: str | None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"version {self.version}" if self.version else "refused"


def search(
    conn: Connection,
    *,
    model: str | None = None,
    state: str | None = None,
    trained_by: str | None = None,
    text: str | None = None,
) -> tuple[Version, ...]:
    """Return the candidates that fulfil everything asked for, newest first, at most `MOST`.

    Parameters
    ----------
    model, state, trained_by
        Exactly these; None for all.
    text
        Found in the cause, the reason or the evidence, upper and lower case alike.
    """
    newest = (
        sa.select(releases_table.c.state)
        .where(releases_table.c.candidate_id == candidates.c.id)
        .order_by(releases_table.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    serves = sa.exists().where(
        deployments.c.candidate_id == candidates.c.id, deployments.c.retired_at.is_(None)
    )
    stands = sa.case((serves, "serving"), else_=sa.func.coalesce(newest, candidates.c.state))
    kept = ("model", "version", "trained_by", "cause", "reason", "recorded_at", "dossier_digest")
    query: sa.Select[Any] = sa.select(*(candidates.c[name] for name in kept), stands.label("state"))
    exactly = ((candidates.c.model, model), (stands, state), (candidates.c.trained_by, trained_by))
    query = query.where(*(column == wanted for column, wanted in exactly if wanted))
    if text:
        said = sa.func.concat_ws(" ", candidates.c.cause, candidates.c.reason, _evidence())
        query = query.where(said.icontains(text, autoescape=True))
    rows = conn.execute(query.order_by(candidates.c.id.desc()).limit(MOST))
    return tuple(record_of(Version, row) for row in rows)


def _evidence() -> sa.ColumnElement[str]:
    return sa.cast(candidates.c.evidence, sa.Text)


def table(found: Sequence[Version]) -> str:
    """Return versions as lines of a table."""
    head = ("MODEL", "VERSION", "STATE", "TRAINED BY", "RECORDED", "CAUSE")
    rows = [
        (one.model, str(one.version or "-"), one.state, one.trained_by,
         f"{one.recorded_at:%Y-%m-%d %H:%M}", " ".join(one.cause.split()))
        for one in found
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    form = "  ".join(f"{{:{width}}}" for width in widths)
    return "\n".join(form.format(*row).rstrip() for row in (head, *rows))


def main(arguments: list[str] | None = None) -> int:
    """Print the candidates that fulfil what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m airlock.governance.versions", description=__doc__)
    parser.add_argument("--model")
    parser.add_argument("--state", choices=STATES)
    parser.add_argument("--trained-by", help="an Airflow user, or mlflow:<user>")
    parser.add_argument("--text", help="found in the cause, the reason or the evidence")
    asked = vars(parser.parse_args(arguments))
    try:
        with connect(database_url()).connect() as conn:
            found = search(conn, **asked)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(found) if found else "Nothing is recorded that fulfils this.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
