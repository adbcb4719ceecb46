"""The page on which versions are searched for."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from airlock.governance.versions import MOST, STATES, search
from airlock.settings import database_url
from airlock.ui.queries import engine
from airlock.ui.rendering import html


def versions_page(
    request: Request, model: str = "", state: str = "", trained_by: str = "", text: str = ""
) -> HTMLResponse:
    """Show the candidates that fulfil everything asked for, newest first."""
    asked = {"model": model.strip(), "state": state, "trained_by": trained_by.strip(), "text": text.strip()}
    with engine(database_url()).connect() as connection:
        found = search(connection, **asked)
    return html("versions", request, forms=True, asked=asked, found=found, states=STATES, most=MOST)
