"""Documentation: what this is and how it is asked, for people and programs; nothing comes from elsewhere."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from airlock.serving.documentation import operations, page, with_examples
from airlock.serving.routes.parameters import Serves
from airlock.settings import settings

router = APIRouter(include_in_schema=False)


@router.get("/")
def start(request: Request) -> HTMLResponse:
    """Say what this is, and where to go."""
    return _html(*page("start", document=request.app.openapi(), airflow=settings().airflow_url))


@router.get("/openapi.json")
def openapi(request: Request, service: Serves) -> dict[str, Any]:
    """Describe every address, with an example for each model that serves."""
    return with_examples(request.app.openapi(), service.champions.all())


@router.get("/docs")
def docs(request: Request, service: Serves) -> HTMLResponse:
    """Show the same to people."""
    document = with_examples(request.app.openapi(), service.champions.all())
    return _html(*page("docs", document=document, operations=list(operations(document))))


def _html(text: str, policy: str) -> HTMLResponse:
    return HTMLResponse(
        text,
        headers={
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )
