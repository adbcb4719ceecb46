"""A decision of the lender's model that somebody contests."""

import uuid
from datetime import timedelta

from sqlalchemy.engine import Engine

from airlock.governance import contests
from airlock.governance.contests import Contest
from airlock.governance.predictions import PredictionRow
from airlock.serving.loading import load
from tests.airlock.governance.records import MOMENT, log
from tests.airlock.lender import Lender, deployed

DECISION = uuid.UUID(int=77)
SCORED, CONTESTED = MOMENT + timedelta(hours=1), MOMENT + timedelta(hours=2)
POOR = {"income": 400.0, "debt": 30000.0, "housing": "rent", "insured": False}


def decided(lender: Lender, digest: str, engine: Engine) -> PredictionRow:
    """Bring a package through the airlock as version 1, and let it decide about somebody poor."""
    deployed(engine, digest)
    (answer,) = load(lender.store, "loans", digest).predict([POOR])
    row = PredictionRow(
        id=DECISION,
        model="loans",
        version=1,
        source="api",
        purpose="decision",
        entity_key="A-17",
        features=POOR,
        score=answer.score,
        prediction=answer.prediction,
        run_key=None,
        event_time=SCORED,
        scored_at=SCORED,
    )
    with engine.begin() as conn:
        log(conn, [row])
    return row


def contested(engine: Engine, reason: str = "My income is 4,000.") -> Contest:
    """Contest that decision."""
    with engine.begin() as conn:
        known, _ = contests.contest(
            conn,
            decision_id=DECISION,
            model="loans",
            version=1,
            reason=reason,
            asked_by="shop",
            at=CONTESTED,
        )
    return known
