"""Contests: somebody does not accept a decision, and a person looks at it again."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.engine import Connection

from airlock.governance import contests
from airlock.governance.contests import Contest
from airlock.serving.clients import Asker
from airlock.serving.decision_forms import ContestForm
from airlock.serving.report_forms import Objection
from airlock.serving.routes.parameters import ABOUT_A_DECISION, Responses, Serves, decision_of

CONTESTED: Responses = ABOUT_A_DECISION | {
    200: {"model": ContestForm, "description": "It was contested before; this is how that stands."}
}

router = APIRouter(tags=["decisions"])


@router.post("/v1/decisions/{decision_id}/contest", responses=CONTESTED, status_code=201)
async def contest(
    decision_id: UUID, objection: Objection, service: Serves, asker: Asker, response: Response
) -> ContestForm:
    """Contest a decision, once: a person decides, and `GET /v1/decisions/{decision_id}` says what."""
    about = await decision_of(service, asker, "contest", decision_id)

    def record(conn: Connection) -> tuple[Contest, bool]:
        return contests.contest(
            conn,
            decision_id=about.id,
            model=about.model,
            version=about.version,
            reason=objection.reason,
            asked_by=asker.name,
            at=datetime.now(UTC),
        )

    known, is_new = await service.recording.write(record)
    if not is_new:
        response.status_code = 200
    return ContestForm.model_validate(known, from_attributes=True)
