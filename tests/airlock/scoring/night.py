"""A night of 400,000 rows in two parts; run as a program, this scores one of them.

Whoever holds the advisory lock `HELD` stops the query near the end of the second part. Keys are long, so that
much of it has come by then.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from airlock.chain.scoring import Part, plan, score_part
from airlock.governance.engine import connect
from airlock.spec import ModelSpec
from airlock.store import Store
from tests.airlock.loans import TREES, loan_spec

ROWS, IN_THE_FIRST = 400_000, 215_999
HELD = 7
END = datetime(2026, 1, 2, tzinfo=UTC)
AT = datetime(2026, 1, 2, 1, tzinfo=UTC)
QUERY = f"""
    SELECT repeat('L', 300) || n AS loan, made AS asked_at, 1000 + n % 977 AS income, n % 3500 AS debt,
        (ARRAY['own', 'rent', 'free'])[1 + n % 3] AS housing, n % 2 = 0 AS insured
    FROM (SELECT n, timestamptz '2026-01-01 00:00+00' + n * interval '0.2 s' AS made
        FROM generate_series(1, {ROWS}) n) AS night
    WHERE made >= :start AND made < :end
        AND (n <> 390000 OR (SELECT count(*) FROM pg_advisory_xact_lock_shared({HELD})) = 1)
"""


def spec() -> ModelSpec:
    """Return a spec whose source makes the night's rows."""
    return loan_spec(
        candidates={"trees": {**TREES, "search": None}},
        data={"source": {"sql": {"connection": "warehouse", "query": QUERY}}},
        deployment={"batch": {"parts": 2}},
    )


def parts(engine: Engine) -> tuple[Part, ...]:
    """Plan the night."""
    return plan(spec(), interval_end=END, engine=engine)


def main(database: str, folder: Path, part: dict[str, Any]) -> None:
    """Score one part."""
    warehouse = create_engine(database)
    score_part(
        spec(),
        Part(**part),
        as_of=END,
        dag_run_id="scheduled__then",
        store=Store(folder / "store"),
        engine=connect(database),
        models=folder / "models",
        connect=lambda name: warehouse,
        at=AT,
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
