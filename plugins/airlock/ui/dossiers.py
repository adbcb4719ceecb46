"""Dossiers: what people decide by, proved before each look, and shown without power over the session."""

import re

import sqlalchemy as sa
from fastapi import HTTPException, Request
from fastapi.responses import FileResponse, Response

from airlock.digests import short
from airlock.dossier.proof import DOSSIERS
from airlock.governance.tables import candidates, releases
from airlock.settings import database_url, settings
from airlock.store import StoreError, open_store
from airlock.ui.queries import engine
from airlock.ui.rendering import html
from airlock.ui.stored import HEADERS

#: A dossier runs nothing, so that its policy lets nothing run.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
#: The files that are shown, and as what; the others of a dossier stay in the store.
FILES = {
    "dossier.html": "text/html; charset=utf-8",
    "dossier.json": "application/json",
    "model_card.md": "text/markdown; charset=utf-8",
    "data_card.md": "text/markdown; charset=utf-8",
    "model_card.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
DOWNLOADS = (".docx",)
MISSING = "Dossier {digest} is not in the evidence store. Restore the store from its backup."
CHANGED = (
    "Dossier {digest} is no longer what its digest says, so it is not shown and nothing is decided by it. "
    "Restore it from its backup and look for who changed it."
)
DIGEST = re.compile(r"[0-9a-f]{64}")


def dossier_file(request: Request, digest: str, file: str) -> Response:
    """Send a file of a dossier, once the whole dossier is proved to be what its digest says."""
    if not DIGEST.fullmatch(digest) or file not in FILES:
        raise HTTPException(404, "There is no such file of a dossier.")
    if not _is_on_record(digest):
        raise HTTPException(404, f"No candidate or release has the dossier {short(digest)}.")
    store = open_store(settings())
    if not store.has(DOSSIERS, digest):
        raise HTTPException(404, f"Dossier {short(digest)} is not in the evidence store.")
    try:
        place = store.folder(DOSSIERS, digest) / file
    except StoreError:
        sentence = CHANGED.format(digest=short(digest))
        return html("problem", request, 409, title="This evidence was changed", sentence=sentence)
    if not place.is_file():
        raise HTTPException(404, f"This dossier has no {file}.")
    name = file if file.endswith(DOWNLOADS) else None
    headers = HEADERS | {"Content-Security-Policy": POLICY}
    return FileResponse(place, media_type=FILES[file], headers=headers, filename=name)


def _is_on_record(digest: str) -> bool:
    """Say whether the records name a dossier: whatever else lies in the store is nobody's to ask for."""
    named = [sa.exists().where(table.c.dossier_digest == digest) for table in (candidates, releases)]
    with engine(database_url()).connect() as connection:
        return bool(connection.execute(sa.select(sa.or_(*named))).scalar_one())


def trouble(digest: str) -> str:
    """Prove a dossier, and say why it cannot be shown; nothing where it is whole."""
    store = open_store(settings())
    if not store.has(DOSSIERS, digest):
        return MISSING.format(digest=short(digest))
    try:
        store.folder(DOSSIERS, digest)
    except StoreError:
        return CHANGED.format(digest=short(digest))
    return ""
