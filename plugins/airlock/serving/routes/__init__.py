"""Routes: the addresses of the scoring API, one subject a file."""

from fastapi import APIRouter

from airlock.serving.routes import (
    contests,
    decisions,
    documentation,
    health,
    metrics,
    models,
    predict,
    reports,
)

router = APIRouter()
for subject in (predict, decisions, contests, reports, models, health, metrics, documentation):
    router.include_router(subject.router)
