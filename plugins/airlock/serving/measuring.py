"""Measuring: every request is counted and timed from outside the application, and each second what it is."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airlock.serving import metrics
from airlock.serving.service import Service
from airlock.serving.versions import Ready

EVERY_SECONDS = 1.0
#: What applications ask for decisions: the one route whose requests the nights are told of.
PREDICT = "/v1/models/{model}/predict"


class Measured:
    """Counts requests by route, model and status; what nobody serves is counted without its name."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note what came of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - began
            route, model = getattr(scope.get("route"), "path", ""), _model(scope)
            metrics.request(route, model, status, seconds)
            if model and route == PREDICT:
                scope["app"].state.service.hours.add(model, status, seconds)


def measure(service: Service) -> None:
    """Note what this worker is at this moment."""
    serves: dict[tuple[str, int, metrics.Role], bool] = {}
    for model, serving in service.champions.all().items():
        champion, beside = serving.champion, serving.challenger
        serves[model, champion.record.version, "champion"] = isinstance(champion, Ready)
        if beside is not None:
            serves[model, beside.record.version, beside.record.way] = isinstance(beside, Ready)
    backlog = service.spool.backlog()
    late = 0.0 if backlog.since is None else time.monotonic() - backlog.since
    refused = service.spool.refused()
    metrics.state(metrics.State(not service.problems(), serves, backlog.bytes, late, refused))


async def keep_measuring(service: Service) -> None:
    """Measure each second until cancelled, so that any worker can tell of this one."""
    while True:
        measure(service)
        await asyncio.sleep(EVERY_SECONDS)


def _model(scope: Scope) -> str:
    """Return the model that was asked about, if it is one: anybody can make up names."""
    model: str = scope.get("path_params", {}).get("model", "")
    service: Service | None = getattr(scope["app"].state, "service", None)
    return model if model and service is not None and service.champions.is_recorded(model) else ""
