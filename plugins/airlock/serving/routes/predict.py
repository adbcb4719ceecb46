"""Predict: rows in, answers out, and as little as possible in between."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from airlock.serving.clients import SECURITY, UNKNOWN_CLIENT
from airlock.serving.forms import MAX_ROWS, Problem, Question, Refused, Reply
from airlock.serving.refusals import CURE, Refusal, malformed, wrong_rows
from airlock.serving.routes.parameters import UNKNOWN, Model, Responses
from airlock.serving.service import Service

#: A larger body is read beside the event loop, which it would stop for milliseconds.
SMALL_BODY = 64 * 1024
#: More are only counted: pydantic names all of them or none, and would stop this worker for a second.
MANY_ERRORS = 10 * MAX_ROWS
PREDICT: Responses = {
    **UNKNOWN_CLIENT,
    **UNKNOWN,
    400: {"model": Refused, "description": "The body did not arrive whole."},
    413: {"model": Refused, "description": "The body is too large."},
    422: {
        "model": Refused,
        "description": "The body is no JSON, or the request is wrong: row, field, what and the cure.",
    },
}


class OnePass(APIRoute):
    """A route that FastAPI documents and does not run: its function takes the request as it came."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request without what FastAPI does for each one."""
        if scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive), **scope["path_params"])
        await response(scope, receive, send)


def _documented() -> dict[str, Any]:
    """Return what the documentation says of a body that FastAPI does not see, with nothing to look up."""
    form = Question.model_json_schema()
    form["properties"]["rows"]["items"] = form.pop("$defs")["Row"]
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": form}}},
        "security": SECURITY,
    }


router = APIRouter(tags=["scoring"], route_class=OnePass)


@router.post(
    "/v1/models/{model}/predict", responses=PREDICT, response_model=Reply, openapi_extra=_documented()
)
async def predict(request: Request, model: Model) -> Response:
    """Score rows by the champion, or its challenger where they are its share; each answer is kept first."""
    service: Service = request.app.state.service
    client = service.clients.of(request.headers.get("authorization"), datetime.now(UTC))
    body = await _body(request)
    question = _read(body) if len(body) <= SMALL_BODY else await service.in_thread(_read, body)
    client.require("smoke_test" if question.purpose == "smoke_test" else "predict", model)
    reply = await service.predict(model, question, client.name)
    return Response(reply.model_dump_json(), media_type="application/json")


async def _body(request: Request) -> bytes:
    """Return the body where it says that it is JSON, which a page elsewhere cannot make a browser say."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise malformed([{"type": "model_type", "loc": (), "msg": "Input should be an object"}])
    try:
        return await request.body()
    except ClientDisconnect:
        raise Refusal(400, "The body did not arrive whole.") from None


def _read(body: bytes) -> Question:
    try:
        return Question.model_validate_json(body)
    except ValidationError as error:
        if error.error_count() > MANY_ERRORS:
            wrong = f"is wrong in {error.error_count()} places, too many to be named."
            raise wrong_rows([Problem(row=None, field="body", wrong=wrong, cure=CURE)]) from None
        raise malformed(error.errors(include_url=False, include_input=False)) from None
