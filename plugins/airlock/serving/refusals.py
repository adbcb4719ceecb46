"""Refusals: every way in which the scoring API gives no answer, in one form and without anything secret."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from airlock.serving import metrics
from airlock.serving.forms import Problem, Refused

LOG = logging.getLogger("uvicorn.error.airlock")

MAX_PROBLEMS = 20
NO_OBJECT = "Send a JSON object with the content type application/json."
CURES = {
    "json_invalid": "Send one JSON object.",
    "missing": "Add it.",
    "extra_forbidden": "Remove it; features go into features.",
    "timezone_aware": "Give it a time zone, such as 2026-03-01T12:00:00+00:00.",
    "too_long": "Send at most {max_length} in one request.",
    "too_short": "Send at least one row.",
    "literal_error": "Write one of these.",
    "model_attributes_type": NO_OBJECT,
    "model_type": NO_OBJECT,
}
UNREADABLE = "cannot be read as JSON: it is not UTF-8, nested too deeply, or holds too long a number."
CURE = "See the form of the request at /docs."


#: What the metrics call a refusal that says nothing more than its status.
KINDS = {
    400: "malformed",
    401: "no_key",
    403: "not_allowed",
    404: "unknown",
    410: "deleted",
    413: "too_large",
    422: "wrong_rows",
    500: "failed",
    503: "unavailable",
}


class Refusal(Exception):
    """There is no answer, for a reason that the caller may read."""

    def __init__(
        self,
        status: int,
        detail: str,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        kind: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind or KINDS.get(status, "other")
        self.headers = headers
        self.body = Refused(detail=detail, problems=list(problems))

    def response(self) -> JSONResponse:
        """Return the refusal as the caller gets it, and count it."""
        metrics.refused(self.kind)
        return JSONResponse(self.body.model_dump(), self.status, self.headers)


def register(app: FastAPI) -> None:
    """Answer every error of an application in the form of a refusal."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def wrong_rows(problems: Iterable[Problem]) -> Refusal:
    """Return the refusal of rows that the model cannot take; no more is looked at than it lists."""
    first, *others = listed = list(islice(problems, MAX_PROBLEMS))
    where = "" if first.row is None else f"Row {first.row}, "
    more = f" (and {len(others)} more)" if others else ""
    return Refusal(422, f"{where}{first.field}: {first.wrong} {first.cure}{more}", listed)


def malformed(errors: Iterable[Any]) -> Refusal:
    """Return the refusal of a request that has another form than it should, by pydantic's errors."""
    return wrong_rows(map(_problem, errors))


async def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return error.response()


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return malformed(error.errors()).response()


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # FastAPI's word for text that is not UTF-8, or nested too deeply
        return wrong_rows(
            [Problem(row=None, field="body", wrong=UNREADABLE, cure=CURES["json_invalid"])]
        ).response()
    return Refusal(error.status_code, str(error.detail), headers=error.headers).response()


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return Refusal(500, "The scoring API failed; its log says where. Nothing was decided.").response()


def _problem(found: dict[str, Any]) -> Problem:
    if found["type"] == "json_invalid":
        said = found["ctx"]["error"]
        return Problem(row=None, field="body", wrong=f"is no JSON: {said}.", cure=CURES["json_invalid"])
    place = [part for part in found["loc"] if part != "body"]
    in_row = len(place) > 1 and place[0] in ("rows", "outcomes") and isinstance(place[1], int)
    field = ".".join(str(part) for part in (place[2:] if in_row else place)) or ("row" if in_row else "body")
    wrong = found["msg"].removeprefix("Value error, ").rstrip(".") + "."
    return Problem(
        row=place[1] if in_row else None,
        field=field,
        wrong=wrong[:1].lower() + wrong[1:],
        cure=CURES.get(found["type"], CURE).format(**found.get("ctx", {})),
    )
