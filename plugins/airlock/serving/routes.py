"""Routes: the addresses of the scoring API."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from airlock.governance.challengers import Challenger
from airlock.serving.forms import (
    ChallengerSummary,
    InputField,
    ModelDetails,
    ModelSummary,
    Question,
    Readiness,
    Refused,
    Reply,
)
from airlock.serving.refusals import Refusal
from airlock.serving.service import Service
from airlock.serving.versions import Ready, Serving, Unavailable

Model = Annotated[str, Path(description="The model's name.", examples=["credit_risk"])]
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Refused, "description": "No such model is deployed, or no such version of it."},
    503: {
        "model": Refused,
        "description": "The champion cannot be used, or nothing can be logged.",
    },
}
PREDICT: dict[int | str, dict[str, Any]] = {
    **UNKNOWN,
    400: {"model": Refused, "description": "The body is no JSON."},
    413: {"model": Refused, "description": "The body is too large."},
    422: {
        "model": Refused,
        "description": "The request is wrong: row, field, what and the cure.",
    },
}

router = APIRouter()


def _service(request: Request) -> Service:
    return request.app.state.service


Serves = Annotated[Service, Depends(_service)]


@router.post("/v1/models/{model}/predict", responses=PREDICT, response_model=Reply, tags=["scoring"])
async def predict(model: Model, question: Question, service: Serves) -> Response:
    """Score rows by the champion, or its challenger where they are its share; each answer is logged first."""
    reply = await service.predict(model, question)
    return Response(reply.model_dump_json(), media_type="application/json")


@router.get("/v1/models", tags=["models"])
async def models(service: Serves) -> list[ModelSummary]:
    """Say what serves: the champion of every model, since when, and what runs beside it."""
    return [_summary(serving, service) for serving in service.champions.all().values()]


@router.get("/v1/models/{model}", responses=UNKNOWN, tags=["models"])
async def model_details(model: Model, service: Serves) -> ModelDetails:
    """Say what serves a model, which fields it takes and what it answers."""
    serving = await service.serving(model)
    champion = serving.champion
    if isinstance(champion, Unavailable):
        raise Refusal(503, champion.reason)
    signature = champion.predictor.signature
    return ModelDetails(
        **_summary(serving, service).model_dump(),
        task=signature.task,
        classes=list(signature.classes),
        positive=signature.positive,
        fields=[InputField.model_validate(vars(feature)) for feature in signature.features],
    )


@router.get("/healthz", tags=["health"])
async def healthz() -> dict[str, str]:
    """Say that this process lives."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    responses={503: {"model": Readiness, "description": "Not every champion can answer; says why."}},
    tags=["health"],
)
async def readyz(service: Serves, response: Response) -> Readiness:
    """Say whether PostgreSQL can be reached and every champion is loaded."""
    problems = service.champions.problems()
    response.status_code = 503 if problems else 200
    return Readiness(ready=not problems, problems=problems)


def _summary(serving: Serving, service: Service) -> ModelSummary:
    entry, beside = serving.champion, serving.challenger
    return ModelSummary(
        model=entry.record.model,
        version=entry.record.version,
        package_digest=entry.record.package_digest,
        since=entry.record.deployed_at,
        available=isinstance(entry, Ready),
        reason=entry.reason if isinstance(entry, Unavailable) else "",
        challenger=None if beside is None else _beside(beside, service),
    )


def _beside(entry: Ready[Challenger] | Unavailable[Challenger], service: Service) -> ChallengerSummary:
    record = entry.record
    return ChallengerSummary(
        version=record.version,
        way=record.way,
        share=record.share,
        since=record.started_at,
        package_digest=record.package_digest,
        available=isinstance(entry, Ready),
        reason=entry.reason if isinstance(entry, Unavailable) else "",
        dropped=service.shadows.dropped(record.id),
    )
