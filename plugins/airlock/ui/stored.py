"""Stored pages: reports from the evidence store, shown so that their scripts cannot touch the session."""

import mimetypes
from pathlib import Path

from fastapi import HTTPException
from fastapi.responses import FileResponse

from airlock.settings import settings

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


def stored_page(model: str, path: str) -> FileResponse:
    """Send a page that was stored for a model."""
    file = page_file(settings().store / "pages", model, path)
    if file is None:
        raise HTTPException(404, f"No page {path} is kept for {model}.")
    return FileResponse(file, media_type=mimetypes.guess_type(file.name)[0] or "text/plain", headers=HEADERS)


def page_file(pages: Path, model: str, path: str) -> Path | None:
    """Return the file of a stored page, or None for anything that is not a file below the model's folder."""
    if not model.isidentifier() or "\0" in path:
        return None
    folder = pages.resolve() / model
    file = (folder / path).resolve()
    return file if file.is_relative_to(folder) and file.is_file() else None
