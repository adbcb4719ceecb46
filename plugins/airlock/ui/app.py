"""The app behind /airlock: its routes, who may see them, and what is said when something is wrong."""

import logging
from urllib.parse import quote

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException

from airlock.settings import SettingsError
from airlock.store import StoreAway
from airlock.ui.audit import audit_page
from airlock.ui.decisions import decisions_page
from airlock.ui.dossier_pages import dossier_page, dossiers_page, run_dossier_page
from airlock.ui.dossiers import dossier_file
from airlock.ui.incidents import incident_page, incidents_page
from airlock.ui.lineage import lineage
from airlock.ui.models import model_page, models_page
from airlock.ui.quarantine import quarantine_page
from airlock.ui.rendering import html
from airlock.ui.scoring import scoring_page
from airlock.ui.stored import stored_page
from airlock.ui.versions import versions_page

LOG = logging.getLogger(__name__)

#: Airflow does not guard a plugin's app: this does, for every route of it.
GUARD = requires_access_view(AccessView.PLUGINS)

TITLES = {401: "Please log in", 403: "Not for you", 404: "Not found", 405: "These pages are for reading only"}


def create_app() -> FastAPI:
    """Return the app, every route of it behind Airflow's login and the right to see plugins."""
    app = FastAPI(
        title="Airlock",
        dependencies=[Depends(GUARD), Depends(_require_text)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={
            StarletteHTTPException: _refused,
            SettingsError: _unavailable,
            SQLAlchemyError: _unavailable,
            StoreAway: _unavailable,
        },
    )
    app.get("/")(models_page)
    app.get("/incidents")(incidents_page)
    app.get("/incidents/{number}")(incident_page)
    app.get("/versions")(versions_page)
    app.get("/models/{name}")(model_page)
    app.get("/models/{name}/quarantine")(quarantine_page)
    app.get("/lineage/{kind}/{name:path}")(lineage)
    app.get("/audit")(audit_page)
    app.get("/scoring")(scoring_page)
    app.get("/pages/{model}/{path:path}")(stored_page)
    app.get("/dossiers")(dossiers_page)
    app.get("/dossiers/run")(run_dossier_page)
    app.get("/dossiers/{digest}")(dossier_page)
    app.get("/dossiers/{digest}/{file}")(dossier_file)
    app.get("/decisions")(decisions_page)
    # Everything else is a route too, so that it asks for the login first as well.
    app.get("/{path:path}")(_not_found)
    return app


def _require_text(request: Request) -> None:
    """Refuse an address with a NUL, which no record can hold and PostgreSQL does not even look for."""
    if "%00" in f"{request.scope['raw_path']}?{request.url.query}":
        raise HTTPException(404, "No address of Airlock has a NUL in it.")


def _not_found(path: str) -> Response:
    raise HTTPException(404, f"There is no page {path}.")


async def _refused(request: Request, error: Exception) -> Response:
    """Answer a browser with the login or a page, and a program with the status alone."""
    assert isinstance(error, StarletteHTTPException)
    if "text/html" not in request.headers.get("accept", ""):
        return Response(str(error.detail), error.status_code, media_type="text/plain", headers=error.headers)
    if error.status_code == 401:
        return RedirectResponse(get_auth_manager().get_url_login(next_url=_here(request)), 303)
    title = TITLES.get(error.status_code, "Something is wrong")
    return html("problem", request, error.status_code, title=title, sentence=str(error.detail))


def _here(request: Request) -> str:
    """Return what was asked for as a path of this server, so that the login leads nowhere else."""
    path, query = quote(request.url.path), request.url.query
    return f"{path}?{query}" if query else path


async def _unavailable(request: Request, error: Exception) -> Response:
    """Say what cannot be read; what the database said goes to the log, since it may name addresses."""
    LOG.error("The records cannot be read.", exc_info=error)
    sentence = (
        str(error)
        if isinstance(error, SettingsError | StoreAway)
        else "The airlock database does not answer, or its tables are not there. "
        "See whether PostgreSQL runs; the API server's log says more."
    )
    return html("problem", request, 503, title="The records cannot be read", sentence=sentence)
