"""Routes: the addresses of the scoring API, one subject a file."""

from fastapi import APIRouter

from airlock.serving.routes import health, metrics, models, predict

router = APIRouter()
for subject in (predict, models, health, metrics):
    router.include_router(subject.router)
