"""Models: what serves, since when, and which fields it takes."""

from fastapi import APIRouter

from airlock.governance.challengers import Challenger
from airlock.serving.clients import UNKNOWN_CLIENT, Asker
from airlock.serving.forms import ChallengerSummary, InputField, ModelDetails, ModelSummary
from airlock.serving.refusals import Refusal
from airlock.serving.routes.parameters import UNKNOWN, Model, Serves
from airlock.serving.service import Service
from airlock.serving.versions import Ready, Serving, Unavailable

router = APIRouter(tags=["models"])


@router.get("/v1/models", responses=UNKNOWN_CLIENT)
async def models(service: Serves, _: Asker) -> list[ModelSummary]:
    """Say what serves: the champion of every model, since when, and what runs beside it."""
    return [_summary(serving, service) for serving in service.champions.all().values()]


@router.get("/v1/models/{model}", responses={**UNKNOWN_CLIENT, **UNKNOWN})
async def model_details(model: Model, service: Serves, _: Asker) -> ModelDetails:
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
