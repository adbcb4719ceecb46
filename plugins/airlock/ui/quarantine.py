"""The page of a model's rows at fault: what is held and why, what was decided, and how to decide."""

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from airlock.settings import database_url, settings
from airlock.spec import model_names
from airlock.ui.looks import Person, log_look
from airlock.ui.models import known
from airlock.ui.queries import MOST_HELD, NEWEST, engine, quarantined
from airlock.ui.rendering import html


def quarantine_page(request: Request, name: str, person: Person) -> HTMLResponse:
    """Show the rows that a model holds, oldest first, and the newest decisions."""
    found = known(name) if name in model_names(settings().models) else None
    with engine(database_url()).connect() as connection:
        rows = quarantined(connection, name)
    if not (found or rows.held or rows.settled):
        raise HTTPException(404, f"There is no model {name}: include/models has no such folder.")
    log_look(person, f"the quarantine of {name}")
    title = found.spec.title if found and found.spec else name
    limits = {"held": MOST_HELD, "settled": NEWEST}
    return html("quarantine", request, name=name, title=title, rows=rows, limits=limits)
