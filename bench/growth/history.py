"""A past for many models: versions, releases, nights, incidents and predictions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import approvals, candidates, deployments, incidents, releases
from airlock.governance.engine import connect
from airlock.governance.tables import nights
from bench.growth.evidence import evidence, measures

NOW = datetime.now(UTC).replace(microsecond=0)
NIGHTS_AT_ONCE = 500
#: Answers of the API, from the newest back in equal steps, over all models in turn.
PREDICTIONS = sa.text(
    """
    INSERT INTO predictions (id, model, version, source, purpose, entity_key, features, score, prediction,
                             event_time, scored_at, client)
    SELECT gen_random_uuid(), (CAST(:models AS text[]))[1 + place % :number], :version, 'api', 'decision',
           'E-' || place,
           jsonb_build_object('amount', place, 'income', 3200.5, 'purpose', 'car', 'term_months', 24,
                              'housing', 'rent', 'existing_debt', 1200.0, 'open_loans', 2, 'channel', 'web'),
           random(), (random() < 0.1)::text, moment, moment, 'shop'
    FROM (SELECT place, CAST(:now AS timestamptz)
                        - (:rows - place) * (CAST(:days AS interval) / :rows) AS moment
          FROM generate_series(1, :rows) place) answered
    """
)


@dataclass(frozen=True)
class Past:
    """How much of everything each model has, and how many predictions there are of all together."""

    versions: int = 10
    nights: int = 200
    incidents: int = 10
    predictions: int = 1_000_000
    days: int = 200


def fill(database: str, models: tuple[str, ...], past: Past) -> None:
    """Write a past into an airlock database."""
    engine = connect(database)
    for model in models:
        with engine.begin() as conn:
            for version in range(1, past.versions + 1):
                _release(conn, model, version, NOW - timedelta(days=20 * (past.versions - version) + 1))
            for number in range(past.incidents):
                _incident(conn, model, number, NOW - timedelta(days=10 * (past.incidents - number)))
            _watch(conn, model, past)
    with engine.begin() as conn:
        _answer(conn, models, past)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def _release(conn: Connection, model: str, version: int, at: datetime) -> None:
    digest = f"{abs(hash((model, version))):064x}"[:64]
    run = f"manual__{at.isoformat()}"
    candidate = candidates.record(
        conn,
        model=model,
        dag_run_id=run,
        state="registered",
        reason="All gates passed.",
        version=version,
        mlflow_run_id=digest[-32:],
        package_digest=digest,
        snapshot_digest=digest,
        spec_digest=digest,
        dossier_digest=digest,
        evidence=evidence(model, version),
        trained_by="dana",
        cause="the monthly refresh",
        as_of=at,
        recorded_at=at,
    )
    release = releases.open_release(conn, candidate=candidate, dag_run_id=run, people=2, opened_at=at)
    for slot, responder in enumerate(("ria", "omar"), 1):
        approvals.record(
            conn,
            release_id=release.id,
            slot=slot,
            responder=responder,
            choice="Approve",
            reason="The evidence is read.",
            dossier_digest=release.dossier_digest,
            responded_at=at + timedelta(hours=slot),
        )
    decided = at + timedelta(hours=3)
    approved = releases.close(
        conn, release.id, state="approved", reason="Approved by ria and omar.", at=decided
    )
    deployments.deploy(conn, approved, candidate, decided)
    releases.close(conn, release.id, state="deployed", reason="The smoke test passed.", at=decided)


def _incident(conn: Connection, model: str, number: int, at: datetime) -> None:
    """Open an incident and see it again for some nights; of five, four were settled."""
    run = f"{model}.monitor/scheduled__{at.isoformat()}"
    said: dict[str, Any] = {
        "kind": "drift",
        "key": f"{model}/drift/{number}",
        "sentence": "income has shifted: PSI 0.41, limit 0.25. Its mean was 3,214 and is 4,890 now.",
        "model": model,
        "run": run,
    }
    for night in range(5):
        found, _ = incidents.open_incident(
            conn, **said, at=at + timedelta(days=night), found={"column_drift/income": 0.41 + night / 100}
        )
    incidents.assign(conn, found.id, owner="mika", by="mika", because="I look.", at=at, run=run)
    if number % 5:
        settled = at + timedelta(days=6)
        incidents.settle(conn, found.id, by="mika", because="It is the season.", at=settled, run=run)


def _watch(conn: Connection, model: str, past: Past) -> None:
    rows = list(_nights(model, past))
    for first in range(0, len(rows), NIGHTS_AT_ONCE):
        conn.execute(sa.insert(nights), rows[first : first + NIGHTS_AT_ONCE])


def _nights(model: str, past: Past) -> Iterator[dict[str, Any]]:
    draw = np.random.default_rng(len(model))
    for ago in range(past.nights, 0, -1):
        night: date = (NOW - timedelta(days=ago)).date()
        psi = float(draw.exponential(0.08))
        crossed = {
            "kind": "column_drift",
            "column": "income",
            "value": psi,
            "limit": 0.25,
            "sentence": f"income has shifted: PSI {psi:.2f}, limit 0.25.",
            "key": "column_drift/income",
            "fault": False,
        }
        yield {
            "model": model,
            "night": night,
            "version": max(1, past.versions - ago // 20),
            "rows": 20_000,
            "measures": measures(night, draw),
            "findings": [crossed] if psi > 0.25 else [],
            "report": f"{model}/nights/{night}.html",
            "measured_at": NOW - timedelta(days=ago - 1),
        }


def _answer(conn: Connection, models: tuple[str, ...], past: Past) -> None:
    if not past.predictions:
        return
    given = {
        "models": list(models),
        "number": len(models),
        "version": past.versions,
        "rows": past.predictions,
        "now": NOW,
        "days": f"{past.days} days",
    }
    conn.execute(PREDICTIONS, given)
