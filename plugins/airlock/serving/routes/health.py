"""Health: does this process live, and can it answer for every champion?"""

from fastapi import APIRouter, Response

from airlock.serving.forms import Readiness
from airlock.serving.routes.parameters import Serves

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that this process lives."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    responses={503: {"model": Readiness, "description": "Not every champion can answer; says why."}},
)
async def readyz(service: Serves, response: Response) -> Readiness:
    """Say whether PostgreSQL can be reached and every champion is loaded."""
    problems = service.problems()
    response.status_code = 503 if problems else 200
    return Readiness(ready=not problems, problems=problems)
