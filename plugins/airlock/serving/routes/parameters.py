"""Parameters: what routes are given by the address and the process, and the answers they share."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from airlock.serving.forms import Refused
from airlock.serving.service import Service

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


def _service(request: Request) -> Service:
    return request.app.state.service


Serves = Annotated[Service, Depends(_service)]
