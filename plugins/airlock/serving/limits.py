"""Limits: how large a request may be, held against what really arrives."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airlock.serving.refusals import Refusal

MAX_BODY = 4 * 1024 * 1024
TOO_LARGE = f"The request is larger than {MAX_BODY // 1024 // 1024} MiB. Send fewer rows at a time."


class BodyLimit:
    """Refuses a body that is too large, by its announced length or as soon as too much of it has arrived."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > MAX_BODY:
            await Refusal(413, TOO_LARGE).response()(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self.app(scope, counted, send)
