"""Metrics: the figures of the scoring API, as Prometheus reads them."""

import asyncio

from fastapi import APIRouter, Response

from airlock.serving import measuring
from airlock.serving.metrics import exposition
from airlock.serving.routes.parameters import Serves

router = APIRouter(tags=["health"])
TEXT = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics", response_class=Response, responses={200: {"content": {TEXT: {}}}})
async def metrics(service: Serves) -> Response:
    """Give the figures of all workers: requests, times, rows by version, refusals, spool, memory."""
    measuring.measure(service)
    return Response(await asyncio.to_thread(exposition), media_type=TEXT)
