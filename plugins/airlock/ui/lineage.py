"""Lineage: where a thing comes from and what came of it, as a page for people and as JSON for programs."""

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, Response

from airlock.governance.lineage.thing import LineageError
from airlock.governance.lineage.trace import KINDS, trace
from airlock.governance.records import RecordError
from airlock.settings import database_url, settings
from airlock.store import open_store
from airlock.ui.looks import Person, log_look
from airlock.ui.queries import engine
from airlock.ui.rendering import html

#: Things that are about one person.
PERSONAL = ("entity", "prediction")


def lineage(request: Request, kind: str, name: str, person: Person) -> Response:
    """Trace a thing; who asks for a page gets one, everybody else JSON."""
    with engine(database_url()).connect() as connection:
        try:
            found = trace(connection, open_store(settings()), kind, name)
        except LineageError as error:
            raise HTTPException(404, str(error)) from None
        except RecordError as error:
            raise HTTPException(409, str(error)) from None
    if kind in PERSONAL:
        log_look(person, f"the lineage of {kind} {name}")
    if "text/html" in request.headers.get("accept", ""):
        return html("lineage", request, thing=found, kinds=tuple(KINDS))
    return JSONResponse(found.to_json(), headers={"Cache-Control": "no-store"})
