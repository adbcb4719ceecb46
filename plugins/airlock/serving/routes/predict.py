"""Predict: rows in, answers out."""

from fastapi import APIRouter, Response

from airlock.serving.clients import UNKNOWN_CLIENT, Asker
from airlock.serving.forms import Question, Refused, Reply
from airlock.serving.routes.parameters import UNKNOWN, Model, Responses, Serves

PREDICT: Responses = {
    **UNKNOWN_CLIENT,
    **UNKNOWN,
    400: {"model": Refused, "description": "The body is no JSON."},
    413: {"model": Refused, "description": "The body is too large."},
    422: {
        "model": Refused,
        "description": "The request is wrong: row, field, what and the cure.",
    },
}

router = APIRouter(tags=["scoring"])


@router.post("/v1/models/{model}/predict", responses=PREDICT, response_model=Reply)
async def predict(model: Model, question: Question, service: Serves, asker: Asker) -> Response:
    """Score rows by the champion, or its challenger where they are its share; each answer is logged first."""
    asker.require("smoke_test" if question.purpose == "smoke_test" else "predict", model)
    reply = await service.predict(model, question)
    return Response(reply.model_dump_json(), media_type="application/json")
