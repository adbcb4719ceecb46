"""Stored pages: reports from the evidence store, shown so that their scripts cannot touch the session."""

import mimetypes

from fastapi import HTTPException
from fastapi.responses import Response

from airlock.settings import settings
from airlock.store import open_store

#: A report brings its own scripts: they run, but in an origin of their own, and nothing is loaded or sent.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; worker-src blob:; connect-src 'none'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def stored_page(model: str, path: str) -> Response:
    """Send a page that was stored for a model."""
    page = open_store(settings()).read_page(model, path)
    if page is None:
        raise HTTPException(404, f"No page {path} is kept for {model}.")
    return Response(page, media_type=mimetypes.guess_type(path)[0] or "text/plain", headers=HEADERS)
