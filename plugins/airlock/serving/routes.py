"""Routes: the addresses of the scoring API."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from airlock.serving.champions import Champion, Unavailable
from airlock.serving.forms import InputField, ModelDetails, ModelSummary, Question, Readiness, Refused, Reply
from airlock.serving.refusals import Refusal
from airlock.serving.service import Service

Model = Annotated[str, Path(description="The model's name.", examples=["credit_risk"])]
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Refused, "description": "No such model is deployed."},
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


Serving = Annotated[Service, Depends(_service)]


@router.post("/v1/models/{model}/predict", responses=PREDICT, response_model=Reply, tags=["scoring"])
async def predict(model: Model, question: Question, service: Serving) -> Response:
    """Score one or many rows by the champion; every answer is logged before it is given."""
    reply = await service.predict(model, question)
    return Response(reply.model_dump_json(), media_type="application/json")


@router.get("/v1/models", tags=["models"])
async def models(service: Serving) -> list[ModelSummary]:
    """Say what serves: the champion of every model, with its version, its package and since when."""
    return [_summary(entry) for entry in service.champions.all().values()]


@router.get("/v1/models/{model}", responses=UNKNOWN, tags=["models"])
async def model_details(model: Model, service: Serving) -> ModelDetails:
    """Say what serves a model, which fields it takes and what it answers."""
    champion = await service.champion(model)
    if isinstance(champion, Unavailable):
        raise Refusal(503, champion.reason)
    signature = champion.predictor.signature
    return ModelDetails(
        **_summary(champion).model_dump(),
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
async def readyz(service: Serving, response: Response) -> Readiness:
    """Say whether PostgreSQL can be reached and every champion is loaded."""
    problems = service.champions.problems()
    response.status_code = 503 if problems else 200
    return Readiness(ready=not problems, problems=problems)


def _summary(entry: Champion | Unavailable) -> ModelSummary:
    deployment = entry.deployment
    return ModelSummary(
        model=deployment.model,
        version=deployment.version,
        package_digest=deployment.package_digest,
        since=deployment.deployed_at,
        available=isinstance(entry, Champion),
        reason=entry.reason if isinstance(entry, Unavailable) else "",
    )
