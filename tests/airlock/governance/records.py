"""Records to put in a database, and the moment they were made."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection

from airlock.governance import approvals, candidates, releases
from airlock.governance.candidates import Candidate
from airlock.governance.predictions import PredictionRow, line, log_file
from airlock.governance.releases import Release

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def register(
    conn: Connection, *, version: int | None = 1, model: str = "credit_risk", **changes: Any
) -> Candidate:
    """Record a candidate: refused where it has no version."""
    number = 99 if version is None else version
    facts: dict[str, Any] = {
        "dag_run_id": f"train_{number}",
        "state": "refused" if version is None else "registered",
        "reason": "all gates passed",
        "mlflow_run_id": f"mlflow_{number}",
        "package_digest": f"package_{number}",
        "snapshot_digest": "snapshot",
        "spec_digest": "spec",
        "dossier_digest": f"dossier_{number}",
        "evidence": {"roc_auc": 0.75, "version": number},
        "trained_by": "dana",
        "cause": "a test",
        "as_of": MOMENT,
        "recorded_at": MOMENT,
    }
    return candidates.record(conn, model=model, version=version, **{**facts, **changes})


def approved_release(
    conn: Connection, candidate: Candidate, people: int = 1, way: releases.Way = "full"
) -> Release:
    """Open a release of a candidate and record that its people approved."""
    release = releases.open_release(
        conn,
        candidate=candidate,
        dag_run_id=f"release_{candidate.id}",
        people=people,
        opened_at=MOMENT,
        way=way,
    )
    for slot, responder in enumerate(("ria", "omar")[:people], start=1):
        approvals.record(
            conn,
            release_id=release.id,
            slot=slot,
            responder=responder,
            choice="Approve",
            reason="better than the champion",
            dossier_digest=release.dossier_digest,
            responded_at=MOMENT,
        )
    return releases.close(conn, release.id, state="approved", reason="Approved by ria.", at=MOMENT)


def log(conn: Connection, rows: Iterable[PredictionRow]) -> None:
    """Write predictions in the transaction of `conn`, all or none, as the scoring API does."""
    log_file(conn, io.BytesIO("".join(map(line, rows)).encode()))
