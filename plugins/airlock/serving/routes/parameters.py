"""Parameters: what routes are given by the address and the process, and the answers they share."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request

from airlock.governance.predictions import PredictionRow
from airlock.serving.clients import UNKNOWN_CLIENT, Client
from airlock.serving.forms import Refused
from airlock.serving.refusals import Refusal
from airlock.serving.service import Service
from airlock.spec.scopes import Scope

#: Statuses by number, as FastAPI documents them.
Responses = dict[int | str, dict[str, Any]]

Model = Annotated[str, Path(description="The model's name.", examples=["credit_risk"])]
UNKNOWN: Responses = {
    404: {"model": Refused, "description": "No such model is deployed, or no such version of it."},
    503: {
        "model": Refused,
        "description": "The champion cannot be used, or nothing can be logged.",
    },
}

ABOUT_A_DECISION: Responses = {
    **UNKNOWN_CLIENT,
    404: {"model": Refused, "description": "No such decision is on record."},
    413: {"model": Refused, "description": "The body is too large."},
    422: {"model": Refused, "description": "The request is wrong: field, what and the cure."},
    503: {"model": Refused, "description": "Nothing can be looked up or recorded. Send the same again."},
}


def _service(request: Request) -> Service:
    return request.app.state.service


Serves = Annotated[Service, Depends(_service)]


async def decision_of(service: Service, asker: Client, scope: Scope, decision_id: UUID) -> PredictionRow:
    """Return a decision that a client may speak of.

    Raises
    ------
    Refusal
        403 where its key does not let it; 404 where there is no such decision; 503 when PostgreSQL cannot be
        reached.
    """
    asker.require_scope(scope)
    found = await service.explaining.found(decision_id)
    asker.require(scope, found.model)
    if found.purpose != "decision":
        raise Refusal(404, f"{decision_id} was a smoke test, which decides nothing.")
    return found
