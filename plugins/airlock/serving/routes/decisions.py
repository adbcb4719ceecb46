"""Decisions: what was answered once and why, and what a version would say of a row."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter

from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.past_decisions import Passage
from airlock.package.explaining import Explanation
from airlock.serving.accounts import Account, Unexplained, Unusable
from airlock.serving.asked import Asked, checked
from airlock.serving.clients import UNKNOWN_CLIENT, Asker, Client
from airlock.serving.decision_forms import (
    ContestForm,
    Decision,
    Explained,
    ExplainQuestion,
    ExplainReply,
    ExplanationForm,
    FeedbackForm,
    Logged,
    ReleaseForm,
)
from airlock.serving.forms import Refused, Row
from airlock.serving.refusals import Refusal
from airlock.serving.routes.parameters import Model, Responses, Serves
from airlock.serving.routing import is_challengers
from airlock.serving.service import Service
from airlock.serving.versions import Ready, Serving, Unavailable
from airlock.settings import settings

DECISION: Responses = {
    **UNKNOWN_CLIENT,
    404: {"model": Refused, "description": "No such decision is on record, or no such model is deployed."},
    410: {"model": Refused, "description": "Retention deleted the decision, on the day that is said."},
    422: {"model": Refused, "description": "The request is wrong, or the row cannot be explained."},
    503: {"model": Refused, "description": "Nothing can be looked up, or too many ask at once."},
}
EXPLAIN: Responses = DECISION | {413: {"model": Refused, "description": "The body is too large."}}

router = APIRouter(tags=["decisions"])


@router.get("/v1/decisions/{decision_id}", responses=DECISION)
async def decision(decision_id: UUID, service: Serves, asker: Asker) -> Decision:
    """Say what was asked and answered, why, by what right, and what people said of it since."""
    asker.require_scope("decisions")
    found = await service.explaining.found(decision_id)
    asker.require("decisions", found.model)
    return _decision(await service.explaining.account(found))


@router.post("/v1/models/{model}/explain", responses=EXPLAIN)
async def explain(model: Model, question: ExplainQuestion, service: Serves, asker: Asker) -> ExplainReply:
    """Explain rows by the version that would answer them, or past decisions by the one that decided."""
    asker.require("explain", model)
    if question.rows is not None:
        return ExplainReply(model=model, explanations=await _of_rows(service, model, question.rows, asker))
    decided = [await _of_decision(service, model, one) for one in question.decisions or []]
    return ExplainReply(model=model, explanations=decided)


async def _of_rows(service: Service, model: str, rows: list[Row], asker: Client) -> list[Explained]:
    serving = await service.serving(model)
    if isinstance(serving.champion, Unavailable):
        raise Refusal(503, serving.champion.reason)
    asked = checked(serving.champion.predictor.signature, rows, asker.name, datetime.now(UTC))
    return [await _of_row(service, _decides(serving, serving.champion, row), row) for row in asked]


async def _of_row(service: Service, record: Deployment | Challenger, row: Asked) -> Explained:
    try:
        (explanation,) = await service.explaining.explain(record, [row.features])
    except Unexplained as error:
        raise Refusal(503 if isinstance(error, Unusable) else 422, str(error)) from None
    return Explained(
        id=None,
        entity_key=row.entity_key,
        version=record.version,
        package_digest=record.package_digest,
        explanation=_explanation(explanation),
        unexplained="",
    )


def _decides(serving: Serving, champion: Ready[Deployment], row: Asked) -> Deployment | Challenger:
    """Return whoever would answer a row: a challenger its share of the entities, else the champion."""
    beside = serving.challenger
    if not isinstance(beside, Ready) or any(beside.predictor.signature.problems(row.features)):
        return champion.record
    record = beside.record
    is_its = is_challengers(record.share, record.model, record.release_id, row.key)
    return record if is_its else champion.record


async def _of_decision(service: Service, model: str, decision_id: UUID) -> Explained:
    found = await service.explaining.found(decision_id)
    if found.model != model:
        raise Refusal(404, f"Decision {decision_id} is not about {model[:100]!r}.")
    told = await service.explaining.account(found)
    return Explained(
        id=found.id,
        entity_key=found.entity_key,
        version=found.version,
        package_digest=told.passage and told.passage.package_digest,
        explanation=_explanation(told.explanation),
        unexplained=told.unexplained,
    )


def _decision(told: Account) -> Decision:
    row = told.decision
    return Decision(
        **{name: getattr(row, name) for name in Logged.model_fields},
        explanation=_explanation(told.explanation),
        unexplained=told.unexplained,
        release=_release(told.passage),
        contest=told.contest and ContestForm.model_validate(told.contest, from_attributes=True),
        feedback=[FeedbackForm.model_validate(one, from_attributes=True) for one in told.feedback],
    )


def _explanation(found: Explanation | None) -> ExplanationForm | None:
    return None if found is None else ExplanationForm.model_validate(found, from_attributes=True)


def _release(found: Passage | None) -> ReleaseForm | None:
    if found is None:
        return None
    dates = " and ".join(f"{at:%Y-%m-%d}" for at in found.approved_at)
    people = "1 person" if len(found.approved_at) == 1 else f"{len(found.approved_at)} people"
    told = f"{people} approved it, on {dates}." if dates else "Its risk tier asks for no person."
    return ReleaseForm(
        id=found.release_id,
        way=found.way,
        since=found.since,
        package_digest=found.package_digest,
        dossier_digest=found.dossier_digest,
        dossier=f"{settings().airflow_url}/airlock/dossiers/{found.dossier_digest}/dossier.html",
        approvals_needed=found.people,
        approved_at=list(found.approved_at),
        sentence=told,
    )
